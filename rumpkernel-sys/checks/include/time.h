/* sys/time.h asks for the C library's functions; the kernel's interfaces use none of them. */
