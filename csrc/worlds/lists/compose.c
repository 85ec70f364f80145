/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Planned sequences: few lists, grown and shrunk to lengths at which the code
 * behaves differently, and operations aimed at slots of the descriptors of such
 * lists.  Random bytes rarely stay with one list for long, and mutations take
 * many generations to build a deep one.
 *
 * For that, the lengths of all lists are tracked, also over existing operations.
 * If a length is wrong, because an operation was skipped or a list recycled, the
 * operation just misses its aim.
 */
#include <stdbool.h>
#include <string.h>
#include "compose.h"

#define CAPACITY 14
#define LONGEST 1100
#define RECYCLED 1000
#define MAX_PLACES 12

struct place {
	uint8_t vm;
	uint8_t head;
	uint16_t base; /* operand of the last add */
};

static struct {
	uint8_t *data;
	size_t n, max;
	uint16_t length[VMS][HEADS];
	struct place places[MAX_PLACES];
	uint32_t n_places;
	uint32_t longest; /* target length of a list */
	uint32_t errors; /* in 64 operations */
} plan;

static struct chance *chance;

static uint32_t below(uint32_t n)
{
	return chance_below(chance, n);
}

static uint16_t *length_of(const struct place *place)
{
	return &plan.length[place->vm][place->head];
}

/* Track the effect of an operation on the lengths. */
static void follow(const uint8_t *op)
{
	uint8_t vm = op[0] >> 5 & 3, code = op[0] & 31, head = op[1] & 31;
	uint32_t times = repeats_of(op[3]);
	uint16_t *length;

	if (code >= DESTROY) {
		memset(plan.length[vm], 0, sizeof(plan.length[vm]));
		return;
	}
	if (code >= PARENT_ADD && code <= PARENT_UNLINK)
		head = FRAMES + (head & 3);
	else if (code >= RMAP_ADD || head >= HEADS)
		head &= 15;
	length = &plan.length[vm][head];
	if (code < REMOVE || (code >= PARENT_ADD && code < PARENT_REMOVE)) {
		*length = (uint16_t)(*length + times);
	} else if (code >= RMAP_ADD && code < RMAP_REMOVE) {
		*length = (uint16_t)(*length + times);
		if (*length > RECYCLED + 1)
			*length = (uint16_t)((*length - RECYCLED - 2) %
					     (RECYCLED + 2));
	} else if (code == ZAP_ALL || code == PARENT_UNLINK) {
		*length = 0;
	} else if (code < REMOVE_STRAY || code == ZAP_ONE ||
		   code == PARENT_REMOVE || code == PARENT_DROP ||
		   (code >= RMAP_REMOVE && code < RMAP_REMOVE_STRAY)) {
		*length = (uint16_t)(*length > times ? *length - times : 0);
	}
	if (*length > SPTES)
		*length = SPTES;
}

static void emit(uint8_t code, const struct place *place, uint32_t operand,
		 uint8_t repeat)
{
	uint8_t *op = plan.data + plan.n * OP;

	if (plan.n == plan.max)
		return;
	op[0] = (uint8_t)(place->vm << 5 | code);
	op[1] = (uint8_t)((operand >> 8 & 7) << 5 | place->head);
	op[2] = (uint8_t)operand;
	op[3] = repeat;
	plan.n++;
	follow(op);
}

static bool is_parent(const struct place *place)
{
	return place->head >= FRAMES;
}

/* Lengths: full descriptors, one more or less, the longest, any. */
static uint32_t some_length(void)
{
	uint32_t descriptors = plan.longest / CAPACITY;

	switch (below(8)) {
	case 0:
	case 1:
		return CAPACITY * (1 + below(descriptors)) + below(3) - 1;
	case 2:
		return plan.longest;
	case 3:
		return below(CAPACITY + 2);
	default:
		return 1 + below(plan.longest);
	}
}

/* A member: any, or one in an interesting slot of a descriptor. */
static uint32_t some_member(const struct place *place)
{
	uint32_t length = *length_of(place), descriptor;

	if (!length)
		return 0;
	switch (below(8)) {
	case 0:
		return length - 1;
	case 1:
		return 0;
	case 2:
	case 3:
		descriptor = below((length + CAPACITY - 1) / CAPACITY);
		return descriptor * CAPACITY + (below(2) ? CAPACITY - 1 : 0);
	default:
		return below(length);
	}
}

static uint8_t some_adder(const struct place *place)
{
	if (is_parent(place))
		return below(4) ? PARENT_ADD : ADD;
	return below(2) ? ADD : RMAP_ADD;
}

static uint8_t some_taker(const struct place *place)
{
	static const uint8_t of_parents[] = { REMOVE, PARENT_REMOVE,
					      PARENT_DROP };
	static const uint8_t of_frames[] = { REMOVE, ZAP_ONE, RMAP_REMOVE };

	return is_parent(place) ? PICK(of_parents) : PICK(of_frames);
}

static void grow(struct place *place, uint32_t to)
{
	uint8_t code = some_adder(place);

	/* Longer than this it would be emptied instead. */
	if (code == RMAP_ADD && to > RECYCLED && below(2))
		code = ADD;
	place->base = (uint16_t)below(SPTES);
	for (uint32_t base = place->base;
	     *length_of(place) < to && plan.n < plan.max;) {
		uint8_t repeat = repeats_code(to - *length_of(place));
		uint16_t before = *length_of(place);

		emit(code, place, base, repeat);
		base = (base + repeats_of(repeat)) % SPTES;
		if (*length_of(place) <= before)
			return;
	}
}

static void shrink(const struct place *place, uint32_t to)
{
	uint8_t code = some_taker(place);

	while (*length_of(place) > to && plan.n < plan.max) {
		emit(code, place, some_member(place),
		     repeats_code(*length_of(place) - to));
		if (!below(4))
			code = some_taker(place);
	}
}

/* An operation on an entry that is not there, or not in this list. */
static void err(const struct place *place)
{
	static const uint8_t on_frames[] = { REMOVE_STRAY, REMOVE_STRAY,
					     ZAP_ONE_STRAY, RMAP_REMOVE_STRAY,
					     RMAP_REMOVE_OFF };
	static const uint8_t on_parents[] = { REMOVE_STRAY,
					      PARENT_REMOVE_STRAY };
	const struct place *other = &plan.places[below(plan.n_places)];
	struct place at = *place;
	uint32_t operand = below(4) ? below(SPTES) : other->base;
	uint8_t code = is_parent(place) ? PICK(on_parents) : PICK(on_frames);

	if (code == REMOVE_STRAY && !below(4))
		at.head = (uint8_t)(HEADS + below(12));
	emit(code, &at, operand, below(8) ? 0 : repeats_code(2 + below(8)));
}

/* Operations that need no length. */
static void act_rarely(const struct place *place)
{
	switch (below(16)) {
	case 0:
	case 1:
	case 2:
		emit(is_parent(place) ? PARENT_UNLINK : ZAP_ALL, place, 0, 0);
		break;
	case 3:
		emit(DESTROY, place, 0, 0);
		if (below(4))
			emit(CREATE, place, 0, 0);
		break;
	case 4:
	case 5:
		emit(ENTER, place, below(2), 0);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		emit(CONTEXT, &plan.places[below(plan.n_places)], below(4), 0);
		break;
	default:
		emit(below(2) ? COUNT : ITERATE, place, 0, 0);
		break;
	}
}

static void act(struct place *place)
{
	uint32_t kind = below(64);

	if (kind < plan.errors) {
		err(place);
		return;
	}
	switch (kind % 8) {
	case 0:
		act_rarely(place);
		break;
	case 1:
		grow(place, some_length());
		break;
	case 2:
		shrink(place, some_length());
		break;
	case 3:
		grow(place, *length_of(place) + 1 + below(3));
		break;
	default:
		emit(some_taker(place), place, some_member(place),
		     below(4) ? 0 : repeats_code(2 + below(2 * CAPACITY)));
		break;
	}
}

/* Limit on the lengths in a sequence: long lists take most of the time. */
static void choose_longest(void)
{
	static const uint16_t some[] = { 16, 16,  30,  30,  60,	 60,
					 60, 150, 150, 250, 250, 500 };
	uint32_t longest = below(16) ? PICK(some) : LONGEST;

	if (longest < LONGEST)
		longest = longest / 2 + below(longest);
	else if (below(2))
		longest = RECYCLED - 1 + below(4);
	plan.longest = longest < CAPACITY ? CAPACITY : longest;
}

static void choose_places(uint32_t n)
{
	plan.n_places = n;
	for (uint32_t i = 0; i < n; i++) {
		struct place *place = &plan.places[i];

		place->vm = (uint8_t)below(VMS);
		if (i && below(2))
			place->vm = plan.places[0].vm;
		place->head =
			(uint8_t)(below(4) ? below(FRAMES) : FRAMES + below(4));
		place->base = (uint16_t)below(SPTES);
	}
}

/* Mostly one of the lists that earlier operations work on. */
static void adopt_place(size_t n)
{
	const uint8_t *op;
	uint8_t head;

	if (!n || !below(4))
		return;
	op = plan.data + below((uint32_t)n) * OP;
	head = op[1] & 31;
	if ((op[0] & 31) >= PARENT_ADD && (op[0] & 31) <= PARENT_UNLINK)
		head = FRAMES + (head & 3);
	else if ((op[0] & 31) >= RMAP_ADD || head >= HEADS)
		head &= 15;
	plan.places[0].vm = op[0] >> 5 & 3;
	plan.places[0].head = head;
	plan.places[0].base = (uint16_t)((op[1] >> 5) << 8 | op[2]);
}

static size_t scatter(uint8_t *data, size_t max)
{
	size_t n = 1 + below((uint32_t)max);

	for (size_t i = 0; i < n * OP; i++)
		data[i] = (uint8_t)below(256);
	return n;
}

/* Every operation on lists of no, one or two entries, with any SPTE. */
static void dabble(uint32_t n)
{
	uint32_t vms = 1 + below(VMS);

	plan.n_places = 1;
	while (n-- && plan.n < plan.max) {
		struct place *place = &plan.places[0];
		uint32_t kind = below(16);

		place->vm = (uint8_t)below(vms);
		place->head = (uint8_t)below(HEADS);
		place->base = (uint16_t)below(SPTES);
		if (!*length_of(place) || kind < 3)
			emit(some_adder(place), place, place->base, 0);
		if (kind < 8)
			err(place);
		else if (kind < 12)
			emit(some_taker(place), place, below(SPTES), 0);
		else
			act_rarely(place);
	}
}

/*
 * Only a VM's first error flags it: for each error create a VM with a list of
 * some length, and make the error on that list.
 */
static void lives(uint32_t n)
{
	while (n-- && plan.n < plan.max) {
		struct place *place = &plan.places[below(plan.n_places)];

		grow(place, some_length());
		if (below(2))
			emit(CONTEXT, &plan.places[below(plan.n_places)],
			     below(4), 0);
		err(place);
		for (uint32_t i = below(4); i--;)
			act(place);
		emit(DESTROY, place, 0, 0);
		emit(CREATE, place, 0, 0);
	}
}

/* Grow a guest frame's list to its greatest length and beyond. */
static void recycle(void)
{
	struct place *place = &plan.places[0];

	place->head &= FRAMES - 1;
	if (below(2))
		err(place);
	if (below(2))
		shrink(place, below(CAPACITY));
	plan.longest = RECYCLED;
	grow(place, RECYCLED - below(4));
	emit(RMAP_ADD, place, place->base,
	     below(2) ? 0 : repeats_code(2 + below(8)));
}

size_t compose(struct chance *with, uint8_t *data, size_t n, size_t max)
{
	static const uint8_t errors[] = { 0, 0, 0, 2, 6, 16 };
	uint32_t style;

	chance = with;
	style = below(16);
	memset(plan.length, 0, sizeof(plan.length));
	plan.data = data;
	plan.n = n;
	plan.max = max;
	for (size_t i = 0; i < n; i++)
		follow(data + i * OP);
	if (style < 4) {
		size_t room = max - n < 64 ? max - n : 64;

		return room ? n + scatter(data + n * OP, room) : n;
	}
	if (style < 6) {
		dabble(1 + below(n ? 16 : 64));
		return plan.n;
	}
	choose_longest();
	choose_places(below(4) ? 1 + below(3) : MAX_PLACES);
	adopt_place(n);
	plan.errors = PICK(errors);
	if (style < 9) {
		lives(1 + below(n ? 4 : 12));
		return plan.n;
	}
	if (style == 9)
		recycle();
	else if (!n && below(2))
		grow(&plan.places[0], some_length());
	for (uint32_t acts = 1 + below(n ? 12 : 60); acts; acts--)
		act(&plan.places[below(plan.n_places)]);
	return plan.n;
}
