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
  const std::sregex_iterator end;
  for (std::sregex_iterator match(text.begin(), text.end(), named); match != end; ++match) {
    const std::ssub_match& whole = (*match)[0];
    const std::ssub_match& value = (*match)[2];
    result.append(rest, whole.first).append(option_of((*match)[1]));
    if (value.matched) result.append(" ").append(shell_word(value));
    rest = whole.second;
  }
  return result.append(rest, text.end());
}

}  // namespace seg::app
