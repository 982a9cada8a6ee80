#include "kept_memory.hpp"

#include <c10/core/CPUAllocator.h>
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <cstddef>
#include <cstdlib>

#include "advise_pages.hpp"
#include "kept_blocks.hpp"

namespace seg::app {
namespace {

constexpr char kPages[] = "THP_MEM_ALLOC_ENABLE";  // LibTorch's

void keep_freed_memory([[maybe_unused]] int largest, [[maybe_unused]] int in_all) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, largest << 20);
  mallopt(M_TRIM_THRESHOLD, in_all << 20);
#endif
}

#ifdef __linux__
/// LibTorch's own, but asks for large pages within what is large.
class LargePages final : public c10::Allocator {
 public:
  at::DataPtr allocate(std::size_t bytes) override {
    constexpr std::size_t large = std::size_t{16} << 20;
    at::DataPtr data = usual_.allocate(bytes);
    if (bytes >= large) advise_pages(data.get(), bytes, MADV_HUGEPAGE);
    return data;
  }
  at::DeleterFnPtr raw_deleter() const override { return usual_.raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

 private:
  c10::Allocator& usual_ = *c10::GetDefaultCPUAllocator();
};
#endif

}  // namespace

void keep_memory_as_predictions_need() {
  keep_freed_memory(32, 256);
#ifdef __linux__
  setenv(kPages, "1", /*overwrite=*/0);
#endif
  c10::SetCPUAllocator(&KeptBlocks::instance());
}

void keep_memory_as_trainings_need() {
  keep_freed_memory(16, 128);
#ifdef __linux__
  if (std::getenv(kPages) != nullptr) return;
  setenv(kPages, "0", /*overwrite=*/1);
  static LargePages pages;
  c10::SetCPUAllocator(&pages);
#endif
}

}  // namespace seg::app
