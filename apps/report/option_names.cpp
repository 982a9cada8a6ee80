#include "option_names.hpp"

#include <algorithm>
#include <regex>

#include "shell_word.hpp"

namespace seg::app {

std::string option_of(std::string setting) {
  std::ranges::replace(setting, '_', '-');
  return "--" + setting;
}

std::string with_option_names(const std::string& text) {
  static const std::regex named("`([a-z][a-z0-9_]*)(?:=([^`]*))?`");
  std::string result;
  std::string::const_iterator rest = text.begin();
  for (std::sregex_iterator match(text.begin(), text.end(), named), end; match != end; ++match) {
    const std::ssub_match &whole = (*match)[0], &value = (*match)[2];
    result.append(rest, whole.first).append(option_of((*match)[1]));
    if (value.matched) result.append(" ").append(shell_word(value));
    rest = whole.second;
  }
  return result.append(rest, text.end());
}

}  // namespace seg::app
