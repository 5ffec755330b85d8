/* SPDX-License-Identifier: ISC */
/* Asks at a terminal, and keeps what is typed from being shown. */
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>
#include "smtpd/prompt.h"

static struct termios shown;

/* Who is interrupted leaves the terminal as it was. */
static void
interrupted(int sig)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	raise(sig);
}

bool
prompt_line(char *line, int room, char const *prompt)
{
	static int const signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0 };
	struct sigaction const once = { .sa_handler = interrupted,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER) };
	bool typed = tcgetattr(STDIN_FILENO, &shown) == 0, got;
	struct termios hidden = shown;
	int i;

	if (typed) {
		for (i = 0; signals[i]; i++)
			sigaction(signals[i], &once, NULL);
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
		fputs(prompt, stderr);
	}
	got = fgets(line, room, stdin);
	if (typed) {
		fputs("\n", stderr);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	}
	return got;
}
