#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace seg::data {

// Headers are looked at before the libraries that read images see them: several of those abort,
// hang, ask for any memory or read beyond their buffers on a header that lies. A family of formats
// has one function, which throws Error for a file that is cut off, claims more voxels than its
// length can hold or has numbers that are no place or length; what else is wrong the library says.

void check_nifti_header(const std::filesystem::path& file);
void check_nrrd_header(const std::filesystem::path& file);
void check_meta_header(const std::filesystem::path& file);
void check_gipl_header(const std::filesystem::path& file);
void check_bmp_header(const std::filesystem::path& file);

/// Whether a header tells the distance between voxels, in a field that readers look at.
bool nrrd_tells_spacing(const std::filesystem::path& file);
bool meta_tells_spacing(const std::filesystem::path& file);

/// No byte of a deflate stream stands for more than this many (RFC 1951: 258 bytes from two bits).
constexpr double most_per_packed_byte = 1032;

/// "its header is damaged (PROBLEM)".
[[noreturn]] void refuse_header(const std::filesystem::path& file, const std::string& problem);

/// Bytes of voxels that a header claims, and the most that can be there.
struct ClaimedBytes {
  double needed, available;
};
/// @throws Error that the file is truncated when there are too few.
void require_bytes(const std::filesystem::path& file, const ClaimedBytes& bytes);

/// Whether a number can be a length, a place or a direction in space: finite, and below a thousand
/// kilometres in mm.
bool is_in_space(double number);
/// @throws Error that names `field` for one that cannot.
void require_in_space(const std::filesystem::path& file, const std::string& field,
                      const std::vector<double>& numbers);

/// The first bytes of a file, unpacked if it is compressed with gzip; fewer if it is shorter.
std::string first_bytes(const std::filesystem::path& file, std::size_t count);

/// The number at a place of a header; 0 beyond its end.
template <class Number>
Number number_at(std::string_view header, std::size_t place, std::endian order) {
  std::string bytes(header.substr(std::min(place, header.size()), sizeof(Number)));
  bytes.resize(sizeof(Number), '\0');
  if (order != std::endian::native) bytes.assign(bytes.rbegin(), bytes.rend());
  Number number;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

// Headers that are text.

/// The numbers of a list between blanks, commas and parentheses. Words that are none are left out.
std::vector<double> numbers_in(const std::string& list);

/// A unit of length that is not millimetres: lengths are not converted.
/// @throws Error that names `field`, unless the unit is mm or unknown (empty or ?).
void require_millimetres(const std::filesystem::path& file, const std::string& field,
                         const std::string& unit);

/// The file that a header names for its voxels, which has to lie beside it or below.
/// @throws Error for one elsewhere, several files, and one that is not there.
std::filesystem::path file_beside(const std::filesystem::path& header, const std::string& name);

}  // namespace seg::data
