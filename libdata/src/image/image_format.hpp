#pragma once

#include <itkImageIOBase.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "seg/plan/error.hpp"

namespace seg::data {

/// ITK's reader and writer for a file name's ending; quiet on the terminal.
/// @throws Error naming the endings there are.
itk::ImageIOBase::Pointer image_format(const std::filesystem::path& file);

/// Looks at the header before a library does, see file_header.hpp. @throws Error.
void check_header(const std::filesystem::path& file);

/// False for a volume whose header leaves out the distance between its voxels.
bool tells_spacing(const std::filesystem::path& file);

/// The ending of a name whose image format is known, in lower case; empty for others.
std::string_view known_ending(const std::filesystem::path& file);

/// True for formats that know pixels but no millimetres (PNG, TIFF, BMP).
bool is_picture(const std::filesystem::path& file);

/// True for formats whose voxels lie in a second file (MHD, NHDR): read, but not written.
bool has_separate_voxels(const std::filesystem::path& file);

/// Lets a BMP file whose palette is the gray ramp be read as one channel; call it after the header
/// has been read.
void keep_gray(itk::ImageIOBase& io);

/// The one sentence of an ITK exception that says what is wrong.
std::string essence(const itk::ExceptionObject& exception);

/// What to tell of a file that ITK refuses.
Error unreadable(const std::filesystem::path& file, const itk::ExceptionObject& exception);

}  // namespace seg::data
