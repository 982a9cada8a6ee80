#pragma once

#include <zip.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace seg::train {

/// A zip file that is read.
class ZipArchive {
 public:
  struct Entry {
    std::string name;  ///< as in the archive: folders end with '/'
    std::uint64_t size = 0;
    bool link = false;
  };

  /// @throws Error for a file that is missing or no zip.
  explicit ZipArchive(const std::filesystem::path& file);

  std::vector<Entry> entries() const;
  /// Unpacks an entry into a file whose folder is there. @throws Error for damaged data (checksums
  /// are compared) and a full disk.
  void extract(const std::string& name, const std::filesystem::path& file) const;

 private:
  struct Close {
    void operator()(zip_t* archive) const { zip_discard(archive); }
  };
  std::string source_;
  std::unique_ptr<zip_t, Close> archive_;
};

}  // namespace seg::train
