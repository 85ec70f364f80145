/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The target's own data as csrc/exhaust needs it: as it was when the module was
 * loaded, as it is in the first state of a search, and as saved.
 *
 * A kernel's variables outlive a sequence, so each start puts the first image
 * back.  Most of a kernel's data never changes, so a state is written down as
 * what differs from the second one.
 */
#include <stdlib.h>
#include <string.h>
#include "data.h"

static struct image {
	uint64_t *loaded, *base, *read, *saved;
	uint32_t bytes, room; /* its size, and in whole words */
} images[PAGES_DATA];

static uint64_t *words_of(const struct image *image)
{
	uint64_t *words = calloc(1, image->room + 8);

	if (!words)
		abort();
	return words;
}

/* After the target's, which says where its data is (priority 200). */
static void __attribute__((constructor)) images_take(void)
{
	for (unsigned int i = 0; i < PAGES_DATA; i++) {
		struct image *image = &images[i];

		image->bytes = (uint32_t)pages_target.data[i].size;
		image->room = (image->bytes + 7) / 8 * 8;
		image->loaded = words_of(image);
		if (image->bytes)
			memcpy(image->loaded, pages_target.data[i].address,
			       image->bytes);
	}
}

static void counts_mark(struct image *image, const struct pages_data *data,
			const struct pages_data *counts)
{
	const uint8_t *from = counts->address;
	size_t offset = (size_t)(from - (const uint8_t *)data->address);

	if (from < (const uint8_t *)data->address || offset >= data->size)
		return;
	memset((uint8_t *)image->read + offset, 0, counts->size);
}

void data_begin(void)
{
	for (unsigned int i = 0; i < PAGES_DATA; i++) {
		struct image *image = &images[i];

		if (image->base)
			continue;
		image->base = words_of(image);
		image->read = words_of(image);
		image->saved = words_of(image);
		memset(image->read, 0xff, image->room);
		for (unsigned int k = 0; k < PAGES_COUNTS; k++)
			counts_mark(image, &pages_target.data[i],
				    &pages_target.counts[k]);
	}
}

static void copy_back(const uint64_t *from, unsigned int i)
{
	memcpy(pages_target.data[i].address, from, images[i].bytes);
}

void data_start(void)
{
	for (unsigned int i = 0; i < PAGES_DATA; i++)
		copy_back(images[i].loaded, i);
}

void data_take_base(bool (*is_address)(uint64_t word))
{
	for (unsigned int i = 0; i < PAGES_DATA; i++) {
		struct image *image = &images[i];

		memcpy(image->base, pages_target.data[i].address, image->bytes);
		for (uint32_t k = 0; k < image->bytes / 8; k++)
			if (is_address(image->base[k]))
				image->base[k] = 0;
	}
}

const uint64_t *data_base(unsigned int i)
{
	return images[i].base;
}

const uint64_t *data_read(unsigned int i)
{
	return images[i].read;
}

/* Another number for each word. */
static uint64_t mixed(uint64_t seed, uint32_t k)
{
	uint64_t x = seed + (k + 1) * 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	return x ^ x >> 27;
}

void data_set_base(uint64_t seed)
{
	for (unsigned int i = 0; i < PAGES_DATA; i++) {
		const struct image *image = &images[i];
		uint64_t *words = pages_target.data[i].address;

		copy_back(image->base, i);
		for (uint32_t k = 0; k < image->bytes / 8; k++) {
			uint64_t counts = ~image->read[k];

			if (!counts)
				continue;
			words[k] = image->base[k] & ~counts;
			if (seed)
				words[k] |= mixed(seed, k) & counts;
		}
	}
}

void data_save(void)
{
	for (unsigned int i = 0; i < PAGES_DATA; i++)
		memcpy(images[i].saved, pages_target.data[i].address,
		       images[i].bytes);
}

void data_restore(void)
{
	for (unsigned int i = 0; i < PAGES_DATA; i++)
		copy_back(images[i].saved, i);
}
