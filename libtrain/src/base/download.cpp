#include "base/download.hpp"

#include <algorithm>
#include <cctype>

#include "base/run_program.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

constexpr int kNoSuchProgram = 127;
constexpr std::size_t kDigits = 64;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

ProgramResult run_or_throw(const std::vector<std::string>& arguments, const std::string& where) {
  const auto result = run_program(arguments);
  if (result.exit_code == kNoSuchProgram)
    throw Error(where, "needs the program " + arguments[0], "install " + arguments[0]);
  return result;
}

}  // namespace

bool is_url(const std::string& text) {
  for (const char* scheme : {"http://", "https://", "ftp://", "file://"})
    if (text.starts_with(scheme)) return true;
  return false;
}

void download(const std::string& url, const fs::path& file) {
  write_atomically(file, [&](const fs::path& temporary) {
    const auto result = run_or_throw({"curl", "--fail", "--location", "--silent", "--show-error",
                                      "--output", temporary.string(), "--url", url},
                                     url);
    if (result.exit_code != 0)
      throw Error(url, "cannot be downloaded (" + first_line(result.output) + ")",
                  "check the address and the connection, or give a file");
  });
}

void check_sha256(const fs::path& file, const std::string& expected) {
  const auto result = run_or_throw({"sha256sum", "--binary", file.string()}, file.string());
  // A name with a backslash or a line break makes sha256sum put a backslash in front.
  const auto start = result.output.starts_with('\\') ? 1 : 0;
  const std::string found = result.output.substr(start, kDigits);
  if (result.exit_code != 0) throw Error(file.string(), first_line(result.output));
  if (found != lower_case(expected))
    throw Error(file.string(), "has the SHA-256 " + found + ", not " + expected,
                "do not use it: get the right file, or correct --pretrained-sha256");
}

}  // namespace seg::train
