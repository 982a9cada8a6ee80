#include "weights/legacy_checkpoint.hpp"

#include <algorithm>
#include <map>

namespace seg::net::pickle {
namespace {

struct Block {
  at::Storage storage;
  std::size_t element_size = 1;
  bool filled = false;
};
struct Blocks : std::map<std::string, Block> {
  std::uint64_t bytes = 0;  ///< of all
};

at::Storage reserve(const ByteReader& input, Blocks& blocks, const StorageRequest& request) {
  if (request.bytes > input.bytes.size()) fail(input.source, "a storage larger than the file");
  const auto found = blocks.find(request.key);
  if (found != blocks.end()) {
    if (found->second.storage.nbytes() < request.bytes)
      fail(input.source, "a storage that is cut off");
    return found->second.storage;
  }
  blocks.bytes += request.bytes;
  if (blocks.bytes > input.bytes.size()) fail(input.source, "storages larger than the file");
  const auto memory = at::empty({static_cast<std::int64_t>(request.bytes)}, at::kByte);
  blocks[request.key] = {memory.storage(), at::elementSize(request.type), false};
  return memory.storage();
}

void fill(ByteReader& input, Block& block) {
  const auto elements = input.number<std::int64_t>();
  const auto bytes = block.storage.nbytes();
  if (elements < 0 || static_cast<std::uint64_t>(elements) * block.element_size != bytes) {
    fail(input.source, "a storage of another size than announced");
  }
  const auto taken = input.take(bytes);
  std::copy(taken.begin(), taken.end(), static_cast<char*>(block.storage.mutable_data()));
  block.filled = true;
}

void fill_all(ByteReader& input, Blocks& blocks, const Value& keys) {
  for (const auto& key : keys.as<Value::List>(input.source)) {
    const auto found = blocks.find(key.as<std::string>(input.source));
    if (found == blocks.end()) fail(input.source, "a storage that nothing uses");
    fill(input, found->second);
  }
  for (const auto& [key, block] : blocks) {
    if (!block.filled) fail(input.source, "the data of a tensor is missing");
  }
}

at::Storage none_here(const std::string& source) { fail(source, "a tensor in its preamble"); }

}  // namespace

// A pickle of protocol 2 that holds the integer 0x1950a86a20f9469cfc6c.
bool is_legacy(std::string_view bytes) {
  constexpr std::string_view start = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  return bytes.substr(0, start.size()) == start;
}

Value read_legacy(ByteReader& input) {
  const auto no_tensors = [&](const auto&) { return none_here(input.source); };
  for (int preamble = 0; preamble < 3; ++preamble) read_plain(input, no_tensors);
  Blocks blocks;
  auto value =
      read_plain(input, [&](const auto& request) { return reserve(input, blocks, request); });
  fill_all(input, blocks, read_plain(input, no_tensors));
  return value;
}

}  // namespace seg::net::pickle
