//! The hypercalls by name, for images, whose references to them no linker resolves.

use std::ffi::c_void;

/// Declares the functions, whichever module or C file defines them, and the table of them.
macro_rules! table {
    ($($(#[$when:meta])? $name:ident)*) => {
        #[expect(clashing_extern_declarations, reason = "one has variable arguments")]
        unsafe extern "C" {
            // Not called under these types; what is wanted is where they are.
            $($(#[$when])? fn $name();)*
        }

        /// Sorted by name.
        static TABLE: &[(&str, unsafe extern "C" fn())] = &[
            $($(#[$when])? (stringify!($name), $name)),*
        ];
    };
}

table! {
    #[cfg(feature = "rumpdev_netsmb")] rumpcomp_netsmb_iconv_close
    #[cfg(feature = "rumpdev_netsmb")] rumpcomp_netsmb_iconv_conv
    #[cfg(feature = "rumpdev_netsmb")] rumpcomp_netsmb_iconv_open
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_confread
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_confwrite
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_dmafree
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_dmalloc
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_dmamem_map
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_iospace_init
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_irq_establish
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_irq_map
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_map
    #[cfg(feature = "rumpdev_pci")] rumpcomp_pci_virt_to_mach
    rumpcomp_sanitizer_report
    #[cfg(feature = "rumpnet_shmif")] rumpcomp_shmif_mmap
    #[cfg(feature = "rumpnet_shmif")] rumpcomp_shmif_watchsetup
    #[cfg(feature = "rumpnet_shmif")] rumpcomp_shmif_watchwait
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_accept
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_bind
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_connect
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_getname
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_getsockopt
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_listen
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_poll
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_recvmsg
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_sendmsg
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_setsockopt
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_shutdown
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_socket
    #[cfg(feature = "rumpnet_sockin")] rumpcomp_sockin_wake
    #[cfg(feature = "rumpdev_ugenhc")] rumpcomp_ugenhc_ioctl
    #[cfg(feature = "rumpnet_virtif")] rumpcomp_virt_create
    #[cfg(feature = "rumpnet_virtif")] rumpcomp_virt_destroy
    #[cfg(feature = "rumpnet_virtif")] rumpcomp_virt_dying
    #[cfg(feature = "rumpnet_virtif")] rumpcomp_virt_send
    rumpuser_anonmmap
    rumpuser_bio
    rumpuser_clock_gettime
    rumpuser_clock_sleep
    rumpuser_close
    rumpuser_component_curlwp
    rumpuser_component_errtrans
    rumpuser_component_kthread
    rumpuser_component_kthread_release
    rumpuser_component_schedule
    rumpuser_component_switchlwp
    rumpuser_component_unschedule
    rumpuser_curlwp
    rumpuser_curlwpop
    rumpuser_cv_broadcast
    rumpuser_cv_destroy
    rumpuser_cv_has_waiters
    rumpuser_cv_init
    rumpuser_cv_signal
    rumpuser_cv_timedwait
    rumpuser_cv_wait
    rumpuser_cv_wait_nowrap
    rumpuser_daemonize_begin
    rumpuser_daemonize_done
    rumpuser_dl_bootstrap
    rumpuser_dprintf
    rumpuser_exit
    rumpuser_free
    rumpuser_getfileinfo
    rumpuser_getparam
    rumpuser_getrandom
    rumpuser_init
    rumpuser_iovread
    rumpuser_iovwrite
    rumpuser_kill
    rumpuser_malloc
    rumpuser_mutex_destroy
    rumpuser_mutex_enter
    rumpuser_mutex_enter_nowrap
    rumpuser_mutex_exit
    rumpuser_mutex_init
    rumpuser_mutex_owner
    rumpuser_mutex_tryenter
    rumpuser_open
    rumpuser_posix_mutex_wake
    rumpuser_posix_rw_wake
    rumpuser_putchar
    rumpuser_rw_destroy
    rumpuser_rw_downgrade
    rumpuser_rw_enter
    rumpuser_rw_exit
    rumpuser_rw_held
    rumpuser_rw_init
    rumpuser_rw_tryenter
    rumpuser_rw_tryupgrade
    rumpuser_seterrno
    rumpuser_sp_anonmmap
    rumpuser_sp_copyin
    rumpuser_sp_copyinstr
    rumpuser_sp_copyout
    rumpuser_sp_copyoutstr
    rumpuser_sp_fini
    rumpuser_sp_init
    rumpuser_sp_raise
    rumpuser_sync_icache
    rumpuser_syncfd
    rumpuser_thread_create
    rumpuser_thread_exit
    rumpuser_thread_join
    rumpuser_unmap
}

/// The address of the hypercall `name`, `None` if there is no such hypercall.
pub(super) fn find(name: &str) -> Option<*const c_void> {
    let index = TABLE.binary_search_by(|entry| entry.0.cmp(name)).ok()?;
    Some(TABLE[index].1 as *const c_void)
}

#[cfg(test)]
mod tests {
    use super::{TABLE, find};

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by(|one, next| one.0 < next.0));
        assert!(find("rumpuser_malloc").is_some());
        assert!(find("rumpuser_mallocs").is_none());
    }
}
