/* A component in a shared object, which exports the ends of its link sets. NAME is its name. */

#define TEXT_(name) #name
#define TEXT(name) TEXT_(name)
#define JOINED_(one, other) one##other
#define JOINED(one, other) JOINED_(one, other)
#define OF(name) JOINED(name, NAME)

/* The end of a set of one or two pointers. */
#if __SIZEOF_POINTER__ == 8
#define AFTER_1 "8"
#define AFTER_2 "16"
#else
#define AFTER_1 "4"
#define AFTER_2 "8"
#endif
#define END(set, after)									\
	__asm__(".globl __stop_link_set_" #set "\n"					\
	    ".set __stop_link_set_" #set ", __start_link_set_" #set " + " after)

const char OF(rump_module_)[] = "module " TEXT(NAME);
const char OF(rump_first_)[] = "first " TEXT(NAME);
const char OF(rump_second_)[] = "second " TEXT(NAME);
const char OF(other_)[] = "of no kernel";

const void *const __start_link_set_modules[] = { OF(rump_module_) };
END(modules, AFTER_1);
const void *const __start_link_set_rump_components[] = { OF(rump_first_), OF(rump_second_) };
END(rump_components, AFTER_2);
