#include "model/weights_identity.hpp"

#include <algorithm>
#include <cstdint>

#include "model/zip_archive.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

/// FNV-1a.
class Hash {
 public:
  void add(const std::string& text) {
    for (const char letter : text) value_ = (value_ ^ static_cast<unsigned char>(letter)) * kPrime;
  }
  void add(std::uint64_t number) { add(std::to_string(number) + ";"); }
  std::string text() const {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string digits;
    for (int shift = 60; shift >= 0; shift -= 4) digits += kDigits[value_ >> shift & 15];
    return digits;
  }

 private:
  static constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t value_ = 0xcbf29ce484222325;
};

std::vector<ZipArchive::Entry> parts_of(const fs::path& file) {
  try {
    return ZipArchive(file).entries();
  } catch (const Error&) {
    return {};  // written before torch 1.6, or no checkpoint
  }
}

/// The name within the archive without its first folder, which is the name that the file had.
std::string name_of(const ZipArchive::Entry& part) {
  return part.name.substr(part.name.find('/') + 1);
}

}  // namespace

std::string weights_identity(const fs::path& checkpoint) {
  const auto parts = parts_of(checkpoint);
  Hash hash;
  for (const auto& part : parts) {
    hash.add(name_of(part));
    hash.add(part.size);
    hash.add(part.checksum);
  }
  // torch can leave checksums out: all are 0 then.
  if (!std::ranges::any_of(parts, [](const auto& part) { return part.checksum != 0; })) {
    hash.add(fs::file_size(checkpoint));
    hash.add(
        static_cast<std::uint64_t>(fs::last_write_time(checkpoint).time_since_epoch().count()));
  }
  return hash.text();
}

}  // namespace seg::train
