//! dm: dictionaries without what a command needs, parameters with too few words, and errors that
//! nobody hears of.
//!
//! Test: `kernel`, `formats::dm`.

use super::Rule;

const DRIVER: &str = "sys/dev/dm/device-mapper.c";
const IOCTL: &str = "sys/dev/dm/dm_ioctl.c";
const LINEAR: &str = "sys/dev/dm/dm_target_linear.c";
const STRIPE: &str = "sys/dev/dm/dm_target_stripe.c";

pub(super) const RULES: &[Rule] = &[
    // A command's error is replaced by the success of copying the dictionary out.
    Rule {
        source: DRIVER,
        function: "dmioctl",
        find: "r = prop_dictionary_copyout_ioctl(",
        by: "if (r == 0) r = prop_dictionary_copyout_ioctl(",
        since: None,
    },
    // Numbers that are not in the dictionary are what was in memory.
    Rule {
        source: IOCTL,
        function: "dm_check_version",
        find: "dm_version[3];",
        by: "dm_version[3] = { 0 };",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_dev_rename_ioctl",
        find: "uint32_t flags, minor;",
        by: "uint32_t flags = 0, minor;",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_dev_remove_ioctl",
        find: "uint32_t flags, minor;",
        by: "uint32_t flags, minor = 0;",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_dev_status_ioctl",
        find: "uint32_t flags, j, minor;",
        by: "uint32_t flags, j, minor = 0;",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_dev_suspend_ioctl",
        find: "uint32_t flags, minor;",
        by: "uint32_t flags, minor = 0;",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_dev_resume_ioctl",
        find: "uint32_t flags, minor;",
        by: "uint32_t flags, minor = 0;",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_table_deps_ioctl",
        find: "uint32_t flags, minor;",
        by: "uint32_t flags, minor = 0;",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_table_load_ioctl",
        find: "uint32_t flags, ret, minor;",
        by: "uint32_t flags, ret, minor = 0;",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_table_status_ioctl",
        find: "params = NULL;",
        by: "params = NULL; minor = 0;",
        since: None,
    },
    // A device without a name cannot be asked for; and a name that fills its place has no end.
    Rule {
        source: IOCTL,
        function: "dm_dev_create_ioctl",
        find: "dm_dbg_print_flags(flags);",
        by: "if (name == NULL || *name == '\\0' || strlen(name) >= DM_NAME_LEN \
             || (uuid != NULL && strlen(uuid) >= DM_UUID_LEN)) return EINVAL;",
        since: None,
    },
    // A list that is none, or without a name.
    Rule {
        source: IOCTL,
        function: "dm_dev_rename_ioctl",
        find: "prop_array_get_cstring_nocopy(cmd_array, 0, &n_name);",
        by: "if (!prop_array_get_cstring_nocopy(cmd_array, 0, &n_name) || *n_name == '\\0') return EINVAL;",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_table_load_ioctl",
        find: "iter = prop_array_iterator(cmd_array);",
        by: "if (prop_object_type(cmd_array) != PROP_TYPE_ARRAY) return EINVAL; \
             iter = prop_array_iterator(cmd_array);",
        since: None,
    },
    // A table without a type takes that of the one before, and without start or length what was
    // in memory.
    Rule {
        source: IOCTL,
        function: "dm_table_load_ioctl",
        find: "prop_dictionary_get_cstring_nocopy(target_dict,",
        by: "type = \"\"; prop_dictionary_get_cstring_nocopy(target_dict,",
        since: None,
    },
    Rule {
        source: IOCTL,
        function: "dm_table_load_ioctl",
        find: "kmem_alloc(sizeof(dm_table_entry_t),",
        by: "kmem_zalloc(sizeof(dm_table_entry_t),",
        since: None,
    },
    // Memory that was not had cannot be given back.
    Rule {
        source: IOCTL,
        function: "dm_table_load_ioctl",
        find: "prop_dictionary_get_cstring(target_dict,",
        by: "if (prop_object_type(prop_dictionary_get(target_dict, DM_TABLE_PARAMS)) != PROP_TYPE_STRING) \
             str = malloc(1, M_TEMP, M_WAITOK | M_ZERO); else \
             prop_dictionary_get_cstring(target_dict,",
        since: None,
    },
    // The parameters' words are used as if all had been given.
    Rule {
        source: LINEAR,
        function: "dm_target_linear_init",
        find: "aprint_debug(\"Linear target init",
        by: "if (ap < &argv[2]) return EINVAL; aprint_debug(\"Linear target init",
        since: None,
    },
    Rule {
        source: STRIPE,
        function: "dm_target_stripe_init",
        find: "printf(\"Stripe target init",
        by: "if (ap < &argv[DM_STRIPE_DEV_OFFSET + 2] || atoi(argv[0]) < 1 || atoi(argv[1]) < 1 \
             || atoi(argv[0]) > (ap - argv - DM_STRIPE_DEV_OFFSET) / 2) return EINVAL; \
             printf(\"Stripe target init",
        since: None,
    },
    // After a failure the target is released here and by the caller.
    Rule {
        source: STRIPE,
        function: "dm_target_stripe_destroy",
        find: "dm_target_stripe_fini(table_en->target_config);",
        by: "if (table_en->target_config == NULL) return 0; dm_target_stripe_fini(table_en->target_config);",
        since: Some("2014-08-26"),
    },
];
