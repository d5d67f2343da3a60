/*
 * Compiled before the component of an emulation of another system's calls, under the name that
 * emul_default then stands for. In NetBSD's build linking such a component gives every new process
 * that emulation, the program's own among them, which would lose most of their system calls. Here
 * the emulation is linked and known under that name, and processes stay NetBSD's.
 */
struct emul;
struct emul *emul_default;
