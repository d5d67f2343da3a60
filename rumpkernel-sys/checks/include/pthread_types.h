/* sys/types.h asks for the C library's thread types; the kernel's interfaces use none of them. */
