#include "kept_blocks.hpp"

#include <algorithm>
#include <iterator>

#include "advise_pages.hpp"

namespace seg::app {
namespace {

constexpr std::size_t large = std::size_t{32} << 20, most_kept = std::size_t{1} << 30;

/// Lets the system take the pages if it needs them; else they are there, not cleared.
void offer_to_system([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__) && defined(MADV_FREE)
  advise_pages(data, bytes, MADV_FREE);
#endif
}

}  // namespace

KeptBlocks& KeptBlocks::instance() {
  static auto* const blocks = new KeptBlocks;
  return *blocks;
}

at::DataPtr KeptBlocks::allocate(std::size_t bytes) {
  if (bytes < large) return usual_.allocate(bytes);
  const std::lock_guard lock(mutex_);
  ++asked_for_;
  give_back_unused();
  Block block = fitting_block(bytes);
  if (!block.data) block = new_block(bytes);
  void* const data = block.data.get();
  const at::Device device = block.data.device();
  bytes_in_use_ += block.bytes;
  in_use_.emplace(data, std::move(block));
  return {data, data, &free_any, device};
}

void KeptBlocks::free_any(void* data) {
  KeptBlocks& blocks = instance();
  const std::lock_guard lock(blocks.mutex_);
  const auto found = blocks.in_use_.find(data);
  if (found == blocks.in_use_.end()) return blocks.usual_.raw_deleter()(data);
  Block block = std::move(found->second);
  blocks.in_use_.erase(found);
  blocks.bytes_in_use_ -= block.bytes;
  blocks.keep(std::move(block));
}

void KeptBlocks::keep(Block block) {
  offer_to_system(block.data.get(), block.bytes);
  bytes_kept_ += block.bytes;
  kept_.emplace(block.bytes, Kept{std::move(block.data), asked_for_});
  give_back_all_but(most_kept);
}

/// A little larger is as good.
KeptBlocks::Block KeptBlocks::fitting_block(std::size_t bytes) {
  const auto found = kept_.lower_bound(bytes);
  if (found == kept_.end() || found->first > bytes + bytes / 8) return {};
  Block block{found->first, std::move(found->second.data)};
  kept_.erase(found);
  bytes_kept_ -= block.bytes;
  return block;
}

KeptBlocks::Block KeptBlocks::new_block(std::size_t bytes) {
  most_in_use_ = std::max(most_in_use_, bytes_in_use_ + bytes);
  give_back_all_but(most_in_use_ - bytes_in_use_ - bytes);
  try {
    return {bytes, usual_.allocate(bytes)};
  } catch (const c10::Error&) {  // out of memory
    give_back_all_but(0);
    return {bytes, usual_.allocate(bytes)};
  }
}

void KeptBlocks::give_back_all_but(std::size_t bytes) {
  while (bytes_kept_ > bytes) {
    const auto largest = std::prev(kept_.end());
    bytes_kept_ -= largest->first;
    kept_.erase(largest);
  }
}

/// Of work that is over.
void KeptBlocks::give_back_unused() {
  constexpr std::size_t long_ago = 100;
  for (auto one = kept_.begin(); one != kept_.end();) {
    const bool is_unused = one->second.since + long_ago < asked_for_;
    if (is_unused) bytes_kept_ -= one->first;
    one = is_unused ? kept_.erase(one) : std::next(one);
  }
}

}  // namespace seg::app
