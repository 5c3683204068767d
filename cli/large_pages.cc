#include <mimalloc.h>

namespace {

/// Many rules and many subjects lie all over the heap. With pages of 2 MiB (where the system grants them, as
/// Linux does by default) the heap's memory comes in few page faults, and addresses are found in fewer steps.
/// The environment variables of mimalloc go first.
void use_large_pages() {
  mi_option_set_default(mi_option_large_os_pages, 1);
  mi_option_set_default(mi_option_eager_commit_delay, 0);
}

/// Called by the loader before the libraries begin, which take the heap's first piece of memory.
[[gnu::section(".preinit_array"), gnu::used]] void (*const kBeforeAll)() = use_large_pages;

}  // namespace
