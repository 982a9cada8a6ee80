#include <caffe2/serialize/inline_container.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "seg/net/checkpoint_file.hpp"
#include "weights/legacy_checkpoint.hpp"
#include "weights/pickle_machine.hpp"

namespace seg::net {
namespace {

namespace fs = std::filesystem;
using caffe2::serialize::PyTorchStreamReader;

at::Storage storage_over(at::DataPtr data, std::size_t bytes) {
  return at::Storage(at::Storage::use_byte_size_t(), static_cast<std::int64_t>(bytes),
                     std::move(data));
}

// Blocks are stored uncompressed, so one larger than the file is a lie.
std::size_t record_size(PyTorchStreamReader& archive, const std::string& name,
                        const fs::path& file) {
  if (!archive.hasRecord(name)) pickle::fail(file.string(), "its part " + name + " is missing");
  const std::size_t size = archive.getRecordSize(name);
  if (size > fs::file_size(file)) {
    pickle::fail(file.string(), "its part " + name + " is larger than the file");
  }
  return size;
}

std::tuple<at::DataPtr, std::size_t> read_record(PyTorchStreamReader& archive,
                                                 const std::string& name, const fs::path& file) {
  record_size(archive, name, file);
  return archive.getRecord(name);
}

enum class Tensors { read, described };

// What a zip archive of torch.save holds beside the pickle, each block read once.
class ZipStorages {
 public:
  ZipStorages(PyTorchStreamReader& archive, fs::path file, Tensors tensors)
      : archive_(archive), file_(std::move(file)), tensors_(tensors) {}

  at::Storage load(const pickle::StorageRequest& request) {
    const auto found = loaded_.find(request.key);
    const auto storage = found == loaded_.end() ? read(request.key) : found->second;
    if (storage.nbytes() < request.bytes) pickle::fail(file_.string(), "a storage that is cut off");
    return storage;
  }

 private:
  at::Storage read(const std::string& key) {
    total_ += record_size(archive_, "data/" + key, file_);
    if (total_ > fs::file_size(file_)) pickle::fail(file_.string(), "its parts overlap");
    return loaded_.emplace(key, contents("data/" + key)).first->second;
  }

  at::Storage contents(const std::string& name) {
    if (tensors_ == Tensors::described) {
      const auto size = static_cast<std::int64_t>(record_size(archive_, name, file_));
      return at::empty({size}, at::TensorOptions(at::kByte).device(at::kMeta)).storage();
    }
    auto [data, bytes] = read_record(archive_, name, file_);
    return storage_over(std::move(data), bytes);
  }

  PyTorchStreamReader& archive_;
  fs::path file_;
  Tensors tensors_;
  std::uint64_t total_ = 0;  ///< bytes of all blocks
  std::map<std::string, at::Storage> loaded_;
};

std::string text_record(PyTorchStreamReader& archive, const std::string& name,
                        const fs::path& file) {
  const auto [data, size] = read_record(archive, name, file);
  return {static_cast<const char*>(data.get()), size};
}

Value read_zip(const fs::path& file, Tensors tensors) {
  PyTorchStreamReader archive(file.string());
  if (archive.hasRecord("byteorder") && text_record(archive, "byteorder", file) == "big") {
    pickle::fail(file.string(), "written on a big-endian machine");
  }
  const auto program = text_record(archive, "data.pkl", file);
  pickle::ByteReader input{program, 0, file.string()};
  ZipStorages storages(archive, file, tensors);
  return pickle::read_plain(input, [&](const auto& request) { return storages.load(request); });
}

at::Storage no_storage(const std::string& source) {
  pickle::fail(source, "tensors in a file that cannot hold any");
}

Value read_stream(const fs::path& file) {
  const auto size = static_cast<std::int64_t>(fs::file_size(file));
  const at::Tensor mapped = at::from_file(file.string(), false, size, at::kByte);
  const auto* bytes = static_cast<const char*>(mapped.const_data_ptr());
  pickle::ByteReader input{{bytes, static_cast<std::size_t>(size)}, 0, file.string()};
  if (pickle::is_legacy(input.bytes)) return pickle::read_legacy(input);
  return pickle::read_plain(input, [&](const auto&) { return no_storage(file.string()); });
}

bool starts_like_zip(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string start(4, '\0');
  return stream.read(start.data(), 4) && start == std::string("PK\3\4", 4);
}

Error beyond_memory(const fs::path& file) {
  return {ErrorKind::out_of_memory, {file.string(), "does not fit into memory"}};
}

Value read(const fs::path& file, Tensors tensors) {
  std::error_code unreadable;
  if (!fs::is_regular_file(file, unreadable))
    throw Error(ErrorKind::not_found, {file.string(), "there is no such file"});
  if (!std::ifstream(file))
    throw Error(file.string(), "cannot be read (" + std::generic_category().message(errno) + ")",
                "check its permissions");
  if (fs::file_size(file) == 0) pickle::fail(file.string(), "it is empty");
  try {
    return starts_like_zip(file) ? read_zip(file, tensors) : read_stream(file);
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    if (message.find("DefaultCPUAllocator") != std::string::npos) throw beyond_memory(file);
    pickle::fail(file.string(), "it is damaged or cut off");
  } catch (const std::bad_alloc&) {
    throw beyond_memory(file);
  }
}

}  // namespace

Value read_checkpoint(const fs::path& file) { return read(file, Tensors::read); }

Value read_checkpoint_description(const fs::path& file) { return read(file, Tensors::described); }

}  // namespace seg::net
