// Package scene draws what a simulated camera sees, without pixels: a picture
// is a [Canvas] of macroblocks made of flat cells, so that a codec can code it
// exactly and cheaply.
//
// A [World] says what there is: a place made from a seed, and things that move
// through it as a pure function of time; it is also the ground truth. A
// [Backdrop] is the immutable part of one world at one picture size. A
// [Painter] holds one canvas and draws each moment on it, touching only what
// changes: things that move, the text overlay (name, clock, frame number) and
// the machine-readable strip of package strip.
package scene
