#pragma once

#include <c10/core/CPUAllocator.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <unordered_map>

namespace seg::app {

/// LibTorch's allocator, but blocks of 32 MB and more that are freed are kept for the next tensor
/// of about that size: the C library gives them back to the system at once, which clears them
/// anew each time. What is kept and what is in use are together never more than was once in use,
/// what is kept never more than 1 GB, what fitted none of the last hundred tensors goes, and the
/// system may take the rest when it runs short. (LibTorch's own CPUCachingAllocator keeps every
/// size without bounds, and works in its mobile builds only.)
class KeptBlocks final : public c10::Allocator {
 public:
  /// The one of this process, which is never destroyed: tensors may live until its end.
  static KeptBlocks& instance();

  std::size_t bytes_kept() const {
    const std::lock_guard lock(mutex_);
    return bytes_kept_;
  }

  at::DataPtr allocate(std::size_t bytes) override;
  at::DeleterFnPtr raw_deleter() const override { return &free_any; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

 private:
  struct Block {
    std::size_t bytes = 0;
    at::DataPtr data;
  };
  struct Kept {
    at::DataPtr data;
    std::size_t since = 0;  ///< as many large blocks had been asked for
  };

  static void free_any(void* data);
  void keep(Block block);
  Block fitting_block(std::size_t bytes);
  Block new_block(std::size_t bytes);
  void give_back_all_but(std::size_t bytes);
  void give_back_unused();

  c10::Allocator& usual_ = *c10::GetDefaultCPUAllocator();
  mutable std::mutex mutex_;
  std::multimap<std::size_t, Kept> kept_;  // by size
  std::unordered_map<void*, Block> in_use_;
  std::size_t bytes_kept_ = 0, bytes_in_use_ = 0, most_in_use_ = 0, asked_for_ = 0;
};

}  // namespace seg::app
