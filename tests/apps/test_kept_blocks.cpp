#include "kept_blocks.hpp"

#include <cstring>

#include "catch.hpp"

using seg::app::KeptBlocks;

TEST_CASE("large blocks are kept for the next of about their size, never beyond what was in use") {
  constexpr std::size_t megabyte = std::size_t{1} << 20;
  KeptBlocks& blocks = KeptBlocks::instance();
  const auto address_of = [&](std::size_t bytes) {
    const at::DataPtr data = blocks.allocate(bytes);
    std::memset(data.get(), 1, bytes);
    return data.get();
  };
  void* const first = address_of(64 * megabyte);
  CHECK(blocks.bytes_kept() == 64 * megabyte);
  CHECK(address_of(60 * megabyte) == first);
  {
    const at::DataPtr one = blocks.allocate(64 * megabyte);
    CHECK(one.get() == first);
    CHECK(blocks.bytes_kept() == 0);
    const at::DataPtr other = blocks.allocate(64 * megabyte);
    CHECK(other.get() != first);
  }
  CHECK(blocks.bytes_kept() == 128 * megabyte);
  // Neither is small enough for it; with one of them it is as much as was in use.
  address_of(40 * megabyte);
  CHECK(blocks.bytes_kept() == 104 * megabyte);
  address_of(200 * megabyte);
  CHECK(blocks.bytes_kept() == 200 * megabyte);
  const at::DataPtr small = blocks.allocate(megabyte);
  CHECK(blocks.bytes_kept() == 200 * megabyte);
  void* const raw = blocks.raw_allocate(megabyte);
  blocks.raw_deallocate(raw);
  for (int i = 0; i < 101; ++i) blocks.allocate(40 * megabyte);
  CHECK(blocks.bytes_kept() == 40 * megabyte);
  address_of(1100 * megabyte);
  CHECK(blocks.bytes_kept() <= 1024 * megabyte);
}
