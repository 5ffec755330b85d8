/* SPDX-License-Identifier: ISC */
/* What an error of the system comes to; ends nothing. */
#include <errno.h>
#include <string.h>
#include "inject/ending.h"

struct trouble
trouble_sys(char const *what)
{
	return (struct trouble){
		.ending = errno == EACCES || errno == EPERM ? FORBIDDEN
							    : NOT_NOW,
		.what = what, .which = strerror(errno) };
}
