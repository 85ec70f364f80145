/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness without Python: under the same libFuzzer that atheris uses, or
 * in a bare loop over inputs that such a run was given.
 *
 *	native fuzz SHARED ARGUMENTS...		libFuzzer
 *	native record SHARED FILE RUNS ARGUMENTS...	the same, keeping its inputs
 *	native loop SHARED FILE			run the inputs kept, for ever
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "harness/pyfuzz.h"

int LLVMFuzzerRunDriver(int *argc, char ***argv,
			int (*run)(const uint8_t *data, size_t size));

static FILE *record;
static long to_record;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int run_one(const uint8_t *data, size_t size)
{
	pyfuzz_fuzz(data, size);
	return 0;
}

static int record_one(const uint8_t *data, size_t size)
{
	uint32_t length = (uint32_t)size;

	if (fwrite(&length, sizeof(length), 1, record) != 1 ||
	    fwrite(data, 1, size, record) != size)
		die("record");
	pyfuzz_fuzz(data, size);
	if (--to_record > 0)
		return 0;
	if (fclose(record))
		die("record");
	_exit(0); /* libFuzzer takes exit() for a crash */
}

static void loop(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *inputs;
	long size;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) <= 0)
		die(path);
	rewind(file);
	inputs = malloc((size_t)size);
	if (!inputs || fread(inputs, 1, (size_t)size, file) != (size_t)size)
		die(path);
	for (;;) {
		for (const uint8_t *at = inputs; at < inputs + size;) {
			uint32_t length;

			memcpy(&length, at, sizeof(length));
			at += sizeof(length);
			pyfuzz_fuzz(at, length);
			at += length;
		}
	}
}

int main(int argc, char **argv)
{
	void *region;
	int fd, used = 3;

	if (argc < 3)
		return 2;
	fd = open(argv[2], O_RDWR);
	region = mmap(NULL, sizeof(struct pyfuzz_shared),
		      PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || region == MAP_FAILED)
		die(argv[2]);
	pyfuzz_attach(region);
	if (!strcmp(argv[1], "loop") && argc == 4)
		loop(argv[3]);
	if (!strcmp(argv[1], "record") && argc >= 5) {
		record = fopen(argv[3], "wb");
		to_record = atol(argv[4]);
		used = 5;
		if (!record)
			die(argv[3]);
	}
	argv[used - 1] = argv[0];
	argv += used - 1;
	argc -= used - 1;
	return LLVMFuzzerRunDriver(&argc, &argv, record ? record_one : run_one);
}
