#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/pickler.h>

#include <fstream>

#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/durable.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::net {
namespace {

using c10::IValue;

IValue to_ivalue(const Value& value);

// Key and value types as torch's pickler wants them: keys all of one type, values of any.
IValue dict_to_ivalue(const Value::Dict& dict) {
  const bool by_text = dict.empty() || std::holds_alternative<std::string>(dict[0].first.data);
  const c10::TypePtr key_type =
      by_text ? c10::TypePtr(c10::StringType::get()) : c10::IntType::get();
  c10::impl::GenericDict result(key_type, c10::AnyType::get());
  for (const auto& [key, entry] : dict) {
    const IValue name = to_ivalue(key);
    if (by_text ? !name.isString() : !name.isInt()) {
      throw std::logic_error("keys of one dictionary must be all texts or all integers");
    }
    result.insert(name, to_ivalue(entry));
  }
  return result;
}

IValue list_to_ivalue(const Value::List& list) {
  c10::impl::GenericList result(c10::AnyType::get());
  for (const auto& entry : list) result.push_back(to_ivalue(entry));
  return result;
}

struct ToIValue {
  IValue operator()(const Value::None&) const { return {}; }
  IValue operator()(const Value::Dict& dict) const { return dict_to_ivalue(dict); }
  IValue operator()(const Value::List& list) const { return list_to_ivalue(list); }
  IValue operator()(const at::Tensor& tensor) const { return tensor.detach(); }
  IValue operator()(const Value::Opaque& opaque) const {
    throw std::logic_error("a checkpoint cannot hold " + opaque.what);
  }
  template <typename Plain>
  IValue operator()(const Plain& plain) const {
    return plain;
  }
};

IValue to_ivalue(const Value& value) { return std::visit(ToIValue{}, value.data); }

// Without type tags, so that Python reads plain dicts and lists.
struct Program {
  std::string bytes;
  std::vector<at::Tensor> tensors;
};

Program pickled(const Value& value) {
  Program program;
  torch::jit::Pickler pickler(
      [&](const char* bytes, std::size_t size) { program.bytes.append(bytes, size); }, nullptr,
      nullptr, nullptr, nullptr, false);
  pickler.protocol();
  pickler.pushIValue(to_ivalue(value));
  pickler.stop();
  program.tensors = pickler.tensorData();
  return program;
}

void write_records(caffe2::serialize::PyTorchStreamWriter& archive, const Program& program) {
  archive.writeRecord("data.pkl", program.bytes.data(), program.bytes.size());
  archive.writeRecord("byteorder", "little", 6);
  for (std::size_t i = 0; i < program.tensors.size(); ++i) {
    const auto data = torch::jit::getWriteableTensorData(program.tensors[i]);
    archive.writeRecord("data/" + std::to_string(i), data.data(), data.sizeInBytes());
  }
  archive.writeEndOfFile();
}

}  // namespace

void write_checkpoint(const std::filesystem::path& file, const Value& value) {
  const auto program = pickled(value);
  write_atomically(file, [&](const std::filesystem::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    // A failed write is reported after the archive is closed: torch's writer must not throw in its
    // destructor.
    caffe2::serialize::PyTorchStreamWriter archive([&](const void* bytes, std::size_t size) {
      stream.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
      return size;
    });
    write_records(archive, program);
    stream.close();
    if (!stream) throw cannot_write(file);
    wait_for_disk(temporary);
  });
}

}  // namespace seg::net
