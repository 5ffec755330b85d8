/* SPDX-License-Identifier: ISC */
/* Runs a fuzz target on what its corpus holds, without a fuzzer: each file
 * whole, cut at every offset, and with every octet changed. What the target
 * must not do shows as a crash, or in the sanitizers. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/reader.h"

enum {
	INPUT_MAX = 1 << 20,
	VARIED_MAX = 2048	/* larger files are taken whole only */
};

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size);

/* run - on a copy of just this size: a sanitizer sees what is beyond */
static void
run(uint8_t const *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy) abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
vary(uint8_t *data, size_t size)
{
	static uint8_t const changes[] = { 0x01, 0x20, 0x80, 0xff };
	size_t i, k;

	for (i = 0; i < size; i++) {
		run(data, i);
		for (k = 0; k < sizeof changes; k++) {
			data[i] ^= changes[k];
			run(data, size);
			data[i] ^= changes[k];
		}
	}
}

static int
run_file(char const *directory, char const *name)
{
	char path[4096];
	size_t size;
	char *text;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	text = file_slurp(path, INPUT_MAX, &size);
	if (!text) {
		printf("Bail out! %s: %s\n", path, strerror(errno));
		return 1;
	}
	run((uint8_t *)text, size);
	if (size <= VARIED_MAX) vary((uint8_t *)text, size);
	free(text);
	return 0;
}

int
main(int argc, char **argv)
{
	struct dirent **entry;
	int n, i, failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 100;
	}
	n = scandir(argv[1], &entry, NULL, alphasort);
	for (i = 0; i < n; i++) {
		if (*entry[i]->d_name != '.')
			failed |= run_file(argv[1], entry[i]->d_name);
		free(entry[i]);
	}
	if (n > 2 && !failed) {
		free(entry);
		return 0;
	}
	fprintf(stderr, "%s: no corpus, or a file can't be read\n", argv[1]);
	return 1;
}
