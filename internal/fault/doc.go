// Package fault names the steps of the daemon at which it can be broken on
// purpose, and the bugs that can be planted in it, so that the torture programs
// can prove two things: that no step loses or doubles an order wherever the
// process dies, and that they would see it if one did.
//
// In the program as it is shipped there is nothing of this: without the build tag
// torture, Do runs its step and Planted is the constant false, so the compiler
// leaves the planted bugs out.
//
// With the tag, the environment says what is to happen:
//
//	ERPBRIDGE_FAULTS  point=action[@n][:duration], separated by ";"
//	                  point is a name, or "*"; n: at the n-th time (1); actions:
//	                    crash  the process kills itself before the step
//	                    error  the step is not made, and fails
//	                    cut    the step is made, and fails: its answer was lost
//	                    pause  the step waits for the duration, then is made
//	ERPBRIDGE_BUGS    names of planted bugs, separated by ","
//	ERPBRIDGE_FAULT_LEDGER
//	                  a folder: every point that was reached leaves an empty file
//	                  named after it, and each fault, once it happened, a file
//	                  "point.action.fired". A fault that has such a file does not
//	                  happen again, also not in the next process: so a crash is one
//	                  crash, not a loop.
package fault
