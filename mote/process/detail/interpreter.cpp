#include <mote/process/detail/interpreter.hpp>

#include <algorithm>
#include <fstream>

namespace mote::process::detail {
namespace {

constexpr std::size_t longest_line = 255;  // that the kernel reads

/// What the first line of a script names; empty for what is none.
std::string interpreter_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::string line(longest_line, '\0');
    in.read(line.data(), static_cast<std::streamsize>(line.size()));
    line.resize(static_cast<std::size_t>(in.gcount()));
    line.resize(std::min(line.find('\n'), line.size()));
    if (!line.starts_with("#!")) return {};
    const auto begin = std::min(line.find_first_not_of(" \t", 2), line.size());
    return line.substr(begin, line.find_first_of(std::string(" \t\0", 3), begin) - begin);
}

}  // namespace

std::string missing_interpreter(const std::string& file, const std::function<bool(const std::string& path)>& exists) {
    auto path = interpreter_of(file);
    if (path.empty() || exists(path)) return {};
    const bool has_cr = path.ends_with('\r');
    if (has_cr) path.pop_back();
    return "its first line asks for " + path + (has_cr ? ", and ends with CR LF where LF is wanted" : "");
}

}  // namespace mote::process::detail
