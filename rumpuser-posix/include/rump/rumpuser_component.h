/*
 * The hypercalls that are for components' own parts on the host's side.
 *
 * What each has to do is said in docs/hypercalls.md.
 */
#ifndef _RUMP_RUMPUSER_COMPONENT_H_
#define _RUMP_RUMPUSER_COMPONENT_H_

#ifdef __cplusplus
extern "C" {
#endif

struct lwp;

void *rumpuser_component_unschedule(void);
void rumpuser_component_schedule(void *cookie);
int rumpuser_component_errtrans(int hosterror);
void rumpuser_component_kthread(void);
struct lwp *rumpuser_component_curlwp(void);
void rumpuser_component_switchlwp(struct lwp *lwp);
void rumpuser_component_kthread_release(void);

#ifdef __cplusplus
}
#endif

#endif
