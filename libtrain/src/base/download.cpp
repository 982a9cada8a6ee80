#include "base/download.hpp"

#include "seg/data/plugin.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {
namespace fs = std::filesystem;

bool is_url(const std::string& text) {
  for (const char* scheme : {"http://", "https://", "ftp://", "file://"})
    if (text.starts_with(scheme)) return true;
  return false;
}

std::string file_name_of(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  return path.substr(path.rfind('/') + 1);
}

void download(const std::string& url, const fs::path& file) {
  auto* const transfer =
      reinterpret_cast<Download*>(data::plugin_function("download", "seg_download"));
  write_atomically(file, [&](const fs::path& temporary) {
    if (const char* problem = transfer(url.c_str(), temporary.c_str()))
      throw Error(url, std::string("cannot be downloaded (") + problem + ")",
                  "check the address and the connection, or give a file");
  });
}

}  // namespace seg::train
