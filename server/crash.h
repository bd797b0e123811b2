/* crash.h - named points at which the daemon of the tests ends at once, as kill -9 would end it.
 *
 * Only lvzhid_faults (tests/faults/) has them, built with FAULTS; there LVZHID_CRASH_AT=NAME ends it at the first
 * passing, NAME:N at the N-th. In lvzhid they are nothing. */
#ifndef LVZHI_CRASH_H
#define LVZHI_CRASH_H

#ifdef FAULTS
void crash_at(const char *name);
#else
#define crash_at(name) ((void)0)
#endif

#endif
