#include "seg/plan/file_name.hpp"

#include <algorithm>

#include "seg/plan/files.hpp"

namespace seg {

bool is_utf8(const std::string& text) {
  try {
    [[maybe_unused]] const std::string dumped = Json(text).dump();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

bool is_file_name(const std::string& name) {
  const auto is_refused = [](unsigned char letter) {
    return letter == '/' || letter < 0x20 || letter == 0x7F;
  };
  return is_utf8(name) && !name.empty() && name != "." && name != ".." &&
         std::ranges::none_of(name, is_refused);
}

bool is_plain_name(const std::string& name) {
  return is_file_name(name) && !name.starts_with('.') && name.find('\\') == std::string::npos;
}

void require_file_name(const NameInFile& found) {
  if (!is_file_name(found.name))
    throw Error(found.source, found.what + " is \"" + found.name + "\", which cannot name a file",
                "give a name without folders");
}

}  // namespace seg
