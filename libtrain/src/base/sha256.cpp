#include "seg/train/sha256.hpp"

#include <nettle/base16.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <vector>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string hexadecimal(sha256_ctx& context) {
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  std::string text(BASE16_ENCODE_LENGTH(SHA256_DIGEST_SIZE), ' ');
  base16_encode_update(text.data(), digest.size(), digest.data());
  return text;
}

}  // namespace

std::string sha256_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::vector<char> piece(1 << 16);
  sha256_ctx context;
  sha256_init(&context);
  while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())) ||
         stream.gcount() > 0)
    sha256_update(&context, static_cast<std::size_t>(stream.gcount()),
                  reinterpret_cast<const std::uint8_t*>(piece.data()));
  if (!stream.eof())
    throw Error(ErrorKind::not_found, {file.string(), "cannot be read", "check that it exists"});
  return hexadecimal(context);
}

std::string sha256_of_text(const std::string& text) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  return hexadecimal(context);
}

void check_sha256(const fs::path& file, const std::string& expected) {
  const std::string found = sha256_of(file);
  if (found != lower_case(expected))
    throw Error(file.string(), "has the SHA-256 " + found + ", not " + expected,
                "do not use it: get the right file, or correct the checksum");
}

}  // namespace seg::train
