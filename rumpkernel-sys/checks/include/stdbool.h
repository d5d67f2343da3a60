/* bool, as in C99. */
#define bool _Bool
#define true 1
#define false 0
