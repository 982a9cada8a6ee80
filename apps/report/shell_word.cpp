#include "shell_word.hpp"

#include <algorithm>
#include <string_view>

namespace seg::app {
namespace {

bool is_plain(unsigned char letter) {
  constexpr std::string_view signs = "_-./,:+@%=";
  return letter >= 0x80 || (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= 'a' && letter <= 'z') || signs.find(static_cast<char>(letter)) != signs.npos;
}

}  // namespace

std::string shell_word(const std::string& word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
  return quoted + "'";
}

}  // namespace seg::app
