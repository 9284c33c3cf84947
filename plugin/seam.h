/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The seam between Slurm's door (select_spillway.c) and what decides behind it, in C because the
 * door is. No exception crosses it. Everything here runs in slurmctld under its job and node write
 * locks: one call at a time, and nothing may wait.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A set of nodes, one bit each: Slurm's bitstr_t, which only Slurm looks into. */
typedef struct spillway_nodes spillway_nodes_t;

/* A question that Slurm has put to select_p_job_test(). */
typedef struct {
  const void* job;              /* Slurm's record of the job; an address, never read */
  spillway_nodes_t* candidates; /* in: where it may run; out, on success: where it runs */
  uint16_t mode;                /* SELECT_MODE_* in its low byte */
  /* Puts the question to the stock plugin, with what `candidates` holds now. 0 is success. */
  int (*ask_stock)(void* context);
  void* context;
} spillway_question_t;

/* ---- What the door asks of us; seam.cc */

/* Answers as select_p_job_test() does, with cloud nodes for permitted jobs only. */
int spillway_answer(const spillway_question_t* question);

/* Slurm's table of nodes has changed: sets of nodes made before mean something else now. */
void spillway_nodes_changed(void);

/* ---- What we ask of Slurm; select_spillway.c (tests: fake_slurm.cc) */

typedef enum { SPILLWAY_ERROR, SPILLWAY_INFO } spillway_level_t; /* NOLINT: names as in C */

void spillway_log(spillway_level_t level, const char* line);

/* The record of a job, or NULL. */
const void* spillway_job_record(uint32_t job_id);

/* The nodes of a host list; names that Slurm does not know are left out. NULL when it cannot. */
spillway_nodes_t* spillway_nodes_named(const char* hostlist);
spillway_nodes_t* spillway_nodes_copy(const spillway_nodes_t* nodes);
void spillway_nodes_free(spillway_nodes_t* nodes);

/* How many nodes Slurm knew when the set was made. REQUIRES below: sets of one size. */
int64_t spillway_nodes_size(const spillway_nodes_t* nodes);
bool spillway_nodes_overlap(const spillway_nodes_t* one, const spillway_nodes_t* other);
void spillway_nodes_assign(spillway_nodes_t* target, const spillway_nodes_t* source);
void spillway_nodes_keep(spillway_nodes_t* target, const spillway_nodes_t* kept);
void spillway_nodes_remove(spillway_nodes_t* target, const spillway_nodes_t* removed);

#ifdef __cplusplus
}
#endif
