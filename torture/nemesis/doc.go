// Package nemesis breaks a world on purpose, at random, and in a way that can be
// repeated: of one seed and one list of actions it is the same sequence of breakages
// with the same figures, whatever the world does meanwhile.
//
//	seed ──▶ wait, action, figures ──▶ done to the world, written down ──▶ ... ──▶ heal
//
// What is broken for a while is mended by the action itself; the nemesis goes on
// meanwhile, so breakages overlap. When Run returns nothing of it is under way any
// more; whoever called it then heals the world.
//
// An action that could not be done is an error of Run: a run whose faults did not
// happen proves nothing.
package nemesis
