#pragma once

#include <minizip/unzip.h>

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
    std::string name;            ///< as in the archive: folders end with '/'
    std::uint64_t size = 0;      ///< bytes when unpacked
    std::uint32_t checksum = 0;  ///< CRC-32 of these bytes
    bool link = false;
    bool encrypted = false;
    unz64_file_pos position{};
  };

  /// @param remedy what to do about a damaged one.
  /// @throws Error for a file that is missing or no zip.
  explicit ZipArchive(const std::filesystem::path& file,
                      const std::string& remedy = "make or download it again");

  std::vector<Entry> entries() const;
  /// Unpacks an entry into a file whose folder is there. @throws Error for damaged data (checksums
  /// are compared) and a full disk.
  void extract(const Entry& entry, const std::filesystem::path& file) const;

 private:
  struct Close {
    void operator()(unzFile archive) const { unzClose(archive); }
  };
  std::string source_, remedy_;
  std::unique_ptr<void, Close> archive_;
};

/// A file and what it is called in a zip file.
struct ZipMember {
  std::filesystem::path file;
  std::string name;
};

/// Writes a zip file of other files, compressed.
/// @throws Error where it cannot be written (permissions, a full disk) or a file cannot be read.
void write_zip(const std::filesystem::path& zip, const std::vector<ZipMember>& members);

/// Writes a zip file that holds one other file, compressed, under a name.
/// @throws Error where it cannot be written (permissions, a full disk).
void write_zip(const std::filesystem::path& zip, const std::filesystem::path& file,
               const std::string& name);

}  // namespace seg::train
