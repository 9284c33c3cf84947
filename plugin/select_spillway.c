/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The door: the one file that knows Slurm's symbols. It sorts and relays; it holds no policy.
 *
 * This is a thin plugin over the stock select/cons_tres, which is a needed library of this one.
 * Slurm looks a plugin's functions up by dlsym(), which searches needed libraries, too, so whatever
 * is not defined here (plugin_version and most of select_p_*) is the stock plugin's.
 *
 * Slurm's private structs are never read, and so are no private headers: their layout changes
 * between micro releases. The functions declared below are exported by slurmctld and libslurmfull
 * and have kept their signatures since 22.05 (read in Slurm's branches 22.05 to 26.05). They are
 * called, never taken the address of: client commands load this file before 25.05 and have no
 * find_job_record(), which binding at the first call forgives.
 */
#include <dlfcn.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stddef.h>

#include "plugin/seam.h"

extern void* find_job_record(uint32_t job_id);
extern bitstr_t* slurm_bit_copy(bitstr_t* nodes);
extern void slurm_bit_free(bitstr_t** nodes);
extern bitoff_t slurm_bit_size(bitstr_t* nodes);
extern bool slurm_bit_overlap_any(bitstr_t* one, bitstr_t* other);
extern void slurm_bit_copybits(bitstr_t* target, bitstr_t* source);
extern void slurm_bit_and(bitstr_t* target, bitstr_t* kept);
extern void bit_and_not(bitstr_t* target, bitstr_t* removed);
extern void slurm_info(const char* format, ...) __attribute__((format(printf, 1, 2)));
extern int slurm_error(const char* format, ...) __attribute__((format(printf, 1, 2)));
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 11, 0)
extern int node_name2bitmap(char* names, bool best_effort, bitstr_t** nodes, void** invalid);
#else
extern int node_name2bitmap(char* names, bool best_effort, bitstr_t** nodes);
#endif
#if SLURM_VERSION_NUMBER < SLURM_VERSION_NUM(23, 11, 0)
extern void set_job_alias_list(void* job);
#endif

/* Slurm finds these by name; they are declared nowhere. */
extern const char plugin_name[];
extern const char plugin_type[];
extern int init(void);
extern int select_p_reconfigure(void);

const char plugin_name[] = "Spillway: cloud nodes for permitted jobs only";
const char plugin_type[] = SPILLWAY_PLUGIN_TYPE;

/* What select_p_job_test() is given, in Slurm's order. Pointers stay opaque, so that resv_exc_t,
 * which took the place of a core bitmap in 23.11, makes no difference. */
typedef struct {
  void* job;
  bitstr_t* nodes;
  uint32_t min_nodes;
  uint32_t max_nodes;
  uint32_t req_nodes;
  uint16_t mode;
  void* preemptee_candidates;
  void** preemptee_job_list;
  void* excluded;
  void* will_run; /* from 24.11 */
} call_t;

#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 11, 0)
typedef int (*job_test_t)(
    void*, bitstr_t*, uint32_t, uint32_t, uint32_t, uint16_t, void*, void**, void*, void*);
#else
typedef int (*job_test_t)(
    void*, bitstr_t*, uint32_t, uint32_t, uint32_t, uint16_t, void*, void**, void*);
#endif
typedef int (*plain_t)(void);

static struct {
  job_test_t job_test;
  plain_t reconfigure;
  plain_t init;
} stock;

/* Asks the very library that the loader bound to this one: RTLD_NOLOAD finds it by the path that is
 * in our rpath. RTLD_NEXT would search the scope of whoever opened us, which is Slurm's affair. */
static bool find_stock(void) {
  void* library = dlopen(SPILLWAY_STOCK_PLUGIN, RTLD_LAZY | RTLD_NOLOAD);

  if (!library) return false;
  *(void**)&stock.job_test = dlsym(library, "select_p_job_test");
  *(void**)&stock.reconfigure = dlsym(library, "select_p_reconfigure");
  *(void**)&stock.init = dlsym(library, "init");
  return stock.job_test != NULL;
}

extern int init(void) {
  if (!find_stock()) {
    slurm_error("select/spillway: %s is not what this plugin was built over: %s",
                SPILLWAY_STOCK_PLUGIN,
                dlerror());
    return SLURM_ERROR;
  }
  return stock.init ? stock.init() : SLURM_SUCCESS;
}

extern int select_p_reconfigure(void) {
  spillway_nodes_changed();
  return stock.reconfigure ? stock.reconfigure() : SLURM_SUCCESS;
}

static int ask_stock(void* context) {
  const call_t* call = context;

#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 11, 0)
  return stock.job_test(call->job,
                        call->nodes,
                        call->min_nodes,
                        call->max_nodes,
                        call->req_nodes,
                        call->mode,
                        call->preemptee_candidates,
                        call->preemptee_job_list,
                        call->excluded,
                        call->will_run);
#else
  return stock.job_test(call->job,
                        call->nodes,
                        call->min_nodes,
                        call->max_nodes,
                        call->req_nodes,
                        call->mode,
                        call->preemptee_candidates,
                        call->preemptee_job_list,
                        call->excluded);
#endif
}

static int answer(call_t* call) {
  const spillway_question_t question = {
      .job = call->job,
      .candidates = (spillway_nodes_t*)call->nodes,
      .mode = call->mode,
      .ask_stock = ask_stock,
      .context = call,
  };

  return spillway_answer(&question);
}

#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 11, 0)
extern int select_p_job_test(void* job,
                             bitstr_t* nodes,
                             uint32_t min_nodes,
                             uint32_t max_nodes,
                             uint32_t req_nodes,
                             uint16_t mode,
                             void* preemptee_candidates,
                             void** preemptee_job_list,
                             void* excluded,
                             void* will_run);
extern int select_p_job_test(void* job,
                             bitstr_t* nodes,
                             uint32_t min_nodes,
                             uint32_t max_nodes,
                             uint32_t req_nodes,
                             uint16_t mode,
                             void* preemptee_candidates,
                             void** preemptee_job_list,
                             void* excluded,
                             void* will_run) {
  call_t call = {job,
                 nodes,
                 min_nodes,
                 max_nodes,
                 req_nodes,
                 mode,
                 preemptee_candidates,
                 preemptee_job_list,
                 excluded,
                 will_run};

  return answer(&call);
}
#else
extern int select_p_job_test(void* job,
                             bitstr_t* nodes,
                             uint32_t min_nodes,
                             uint32_t max_nodes,
                             uint32_t req_nodes,
                             uint16_t mode,
                             void* preemptee_candidates,
                             void** preemptee_job_list,
                             void* excluded);
extern int select_p_job_test(void* job,
                             bitstr_t* nodes,
                             uint32_t min_nodes,
                             uint32_t max_nodes,
                             uint32_t req_nodes,
                             uint16_t mode,
                             void* preemptee_candidates,
                             void** preemptee_job_list,
                             void* excluded) {
  call_t call = {job,
                 nodes,
                 min_nodes,
                 max_nodes,
                 req_nodes,
                 mode,
                 preemptee_candidates,
                 preemptee_job_list,
                 excluded,
                 NULL};

  return answer(&call);
}
#endif

/* ---- A job's alias list: the addresses of its cloud nodes, or TBD while they are on their way
 *
 * Slurm before 23.11 loses track of it, so slurmctld is told to make it anew where the job has
 * nodes and what is sent to them is about to be made. The stock plugin does nothing in either
 * function. */

#if SLURM_VERSION_NUMBER < SLURM_VERSION_NUM(23, 2, 0)
/* Called when a job has got its nodes. 22.05 does not forget the list of a job that it requeues,
 * and makes it anew on cloud nodes only: slurmstepd refuses to start the job on a local node with
 * TBD, and Slurm holds it. Source: 22.05's node_scheduler.c, select_nodes() and allocate_nodes();
 * from 23.02 on batch_requeue_fini() in job_mgr.c forgets the list. */
extern int select_p_job_begin(void* job);
extern int select_p_job_begin(void* job) {
  set_job_alias_list(job);
  return SLURM_SUCCESS;
}
#endif

#if SLURM_VERSION_NUMBER < SLURM_VERSION_NUM(23, 11, 0)
/* Called for each step of a job. The list is not saved: after a restart of slurmctld srun would not
 * reach the cloud nodes of a job that had them before. Source: 22.05's and 23.02's step_mgr.c,
 * _pick_step_nodes(), which has made sure that the job has nodes, and job_mgr.c, _dump_job_state();
 * from 23.11 on _sync_nodes_to_active_job() in read_config.c makes the list. */
extern bitstr_t* select_p_step_pick_nodes(void* job,
                                          void* info,
                                          uint32_t node_count,
                                          bitstr_t** available);
extern bitstr_t* select_p_step_pick_nodes(void* job,
                                          void* info,
                                          uint32_t node_count,
                                          bitstr_t** available) {
  (void)info;
  (void)node_count;
  (void)available;
  set_job_alias_list(job);
  return NULL; /* Slurm picks */
}
#endif

/* ---- Slurm's side of the seam */

static bitstr_t* bits(const spillway_nodes_t* nodes) {
  return (bitstr_t*)nodes;
}

void spillway_log(spillway_level_t level, const char* line) {
  if (level == SPILLWAY_ERROR)
    slurm_error("select/spillway: %s", line);
  else
    slurm_info("select/spillway: %s", line);
}

const void* spillway_job_record(uint32_t job_id) {
  return find_job_record(job_id);
}

spillway_nodes_t* spillway_nodes_named(const char* hostlist) {
  bitstr_t* nodes = NULL;

#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 11, 0)
  (void)node_name2bitmap((char*)hostlist, true, &nodes, NULL);
#else
  (void)node_name2bitmap((char*)hostlist, true, &nodes);
#endif
  return (spillway_nodes_t*)nodes;
}

spillway_nodes_t* spillway_nodes_copy(const spillway_nodes_t* nodes) {
  return (spillway_nodes_t*)slurm_bit_copy(bits(nodes));
}

void spillway_nodes_free(spillway_nodes_t* nodes) {
  bitstr_t* old = bits(nodes);

  if (old) slurm_bit_free(&old);
}

int64_t spillway_nodes_size(const spillway_nodes_t* nodes) {
  return slurm_bit_size(bits(nodes));
}

bool spillway_nodes_overlap(const spillway_nodes_t* one, const spillway_nodes_t* other) {
  return slurm_bit_overlap_any(bits(one), bits(other));
}

void spillway_nodes_assign(spillway_nodes_t* target, const spillway_nodes_t* source) {
  slurm_bit_copybits(bits(target), bits(source));
}

void spillway_nodes_keep(spillway_nodes_t* target, const spillway_nodes_t* kept) {
  slurm_bit_and(bits(target), bits(kept));
}

void spillway_nodes_remove(spillway_nodes_t* target, const spillway_nodes_t* removed) {
  bit_and_not(bits(target), bits(removed));
}
