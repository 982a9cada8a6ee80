#include "write_text.hpp"

#include <fstream>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::app {

void write_text(const std::filesystem::path& file, const std::string& text) {
  write_atomically(file, [&](const std::filesystem::path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    out << text;
    if (!out.flush()) throw cannot_write(file);
  });
}

}  // namespace seg::app
