/* SPDX-License-Identifier: ISC */
/* Turns seconds into a date; never asks libc, whose time zone files lie
 * outside of every jail. */
#include <string.h>
#include "common/date.h"

enum {
	DAY_S = 86400,
	ERA_DAYS = 146097,	/* 400 years, then the calendar repeats */
	CENTURY_DAYS = 36524,
	FOUR_YEARS_DAYS = 1461,
	YEAR_DAYS = 365,
	EPOCH_DAYS = 719468	/* from 0000-03-01 to 1970-01-01 */
};

static int64_t const last_s = 253402300799; /* 9999-12-31 23:59:59 */

/* from March, so that the day which leap years have more is the last */
static struct {
	char name[4];
	unsigned first;		/* day of the year */
} const months[] = {
	{ "Mar", 0 },   { "Apr", 31 },  { "May", 61 },  { "Jun", 92 },
	{ "Jul", 122 }, { "Aug", 153 }, { "Sep", 184 }, { "Oct", 214 },
	{ "Nov", 245 }, { "Dec", 275 }, { "Jan", 306 }, { "Feb", 337 }
};

static char const weekdays[7][4] = {	/* 1970-01-01 was a Thursday */
	"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"
};

static char *
put_text(char *at, char const *text)
{
	size_t len = strlen(text);

	memcpy(at, text, len);
	return at + len;
}

static char *
put_two(char *at, unsigned n)
{
	*at++ = (char)('0' + n / 10);
	*at++ = (char)('0' + n % 10);
	return at;
}

static unsigned
less(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

char *
date822(char text[DATE822_TEXT + 1], int64_t wall_s)
{
	int64_t s = wall_s < 0 ? 0 : wall_s > last_s ? last_s : wall_s;
	unsigned days = (unsigned)(s / DAY_S), clock = (unsigned)(s % DAY_S);
	unsigned day = days + EPOCH_DAYS, year, part, month = 11;
	char *at;

	year = day / ERA_DAYS * 400;
	day %= ERA_DAYS;
	/* the last century of an era and the last year of four are a day
	 * longer than the others */
	part = less(day / CENTURY_DAYS, 3);
	year += part * 100;
	day -= part * CENTURY_DAYS;
	year += day / FOUR_YEARS_DAYS * 4;
	day %= FOUR_YEARS_DAYS;
	part = less(day / YEAR_DAYS, 3);
	year += part;
	day -= part * YEAR_DAYS;
	while (months[month].first > day)
		month--;
	if (month >= 10) year++;	/* January and February */

	at = put_text(text, weekdays[days % 7]);
	at = put_text(at, ", ");
	at = put_two(at, day - months[month].first + 1);
	at = put_text(at, " ");
	at = put_text(at, months[month].name);
	at = put_text(at, " ");
	at = put_two(at, year / 100);
	at = put_two(at, year % 100);
	at = put_text(at, " ");
	at = put_two(at, clock / 3600);
	at = put_text(at, ":");
	at = put_two(at, clock / 60 % 60);
	at = put_text(at, ":");
	at = put_two(at, clock % 60);
	put_text(at, " +0000")[0] = '\0';
	return text;
}
