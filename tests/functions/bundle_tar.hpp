#pragma once

#include <tests/support/temp_dir.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>
#include <zlib.h>

/// Archives by hand, so that they can be as no tool would write them.
namespace mote::test {

inline constexpr std::size_t tar_block = 512;

/// A tar, entry by entry. Types are those of ustar: `0` file, `1` hard link, `2` link, `3` and `4` devices, `5` directory,
/// `6` fifo.
class tar {
public:
    tar& entry(char type, std::string_view path, std::string_view target, std::string_view content,
               unsigned mode = 0644) {
        std::string header(tar_block, '\0');
        const auto put = [&](std::size_t at, std::string_view text) { header.replace(at, text.size(), text); };
        const auto octal = [](std::uint64_t value, int digits) {
            char text[32];
            std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
            return std::string(text);
        };
        put(0, path.substr(0, 100));
        put(100, octal(mode, 7));
        put(108, octal(0, 7));
        put(116, octal(0, 7));
        put(124, octal(content.size(), 11));
        put(136, octal(0, 11));
        header[156] = type;
        put(157, target.substr(0, 100));
        put(257, std::string_view("ustar\00000", 8));
        put(148, "        ");
        std::uint64_t sum = 0;
        for (const char byte : header) sum += static_cast<unsigned char>(byte);
        put(148, octal(sum, 6) + std::string("\0 ", 2));
        bytes_ += header;
        bytes_ += content;
        bytes_.append((tar_block - content.size() % tar_block) % tar_block, '\0');
        return *this;
    }
    tar& file(std::string_view path, std::string_view content = "x", unsigned mode = 0644) {
        return entry('0', path, {}, content, mode);
    }
    tar& directory(std::string_view path) { return entry('5', path, {}, {}, 0755); }
    tar& link(std::string_view path, std::string_view target) { return entry('2', path, target, {}, 0777); }
    tar& hard_link(std::string_view path, std::string_view target) { return entry('1', path, target, {}); }
    /// A path of any length and bytes for the entry that follows.
    tar& long_path(std::string_view path) {
        const auto rest = std::string(" path=").append(path) + '\n';
        auto size = rest.size() + 1;
        while (std::to_string(size).size() + rest.size() != size) ++size;
        return entry('x', "pax", {}, std::to_string(size) + rest);
    }

    /// Without the two blocks of zeros that end it.
    const std::string& open_ended() const { return bytes_; }
    std::string bytes() const { return bytes_ + std::string(2 * tar_block, '\0'); }

private:
    std::string bytes_;
};

inline std::string gzipped(std::string_view bytes) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

inline std::filesystem::path write_file(const std::filesystem::path& file, std::string_view bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
}

inline std::string read_file(const std::filesystem::path& file) {
    std::ifstream from(file, std::ios::binary);
    EXPECT_TRUE(from) << file;
    return {std::istreambuf_iterator<char>(from), {}};
}

/// All that is below a directory, hidden or not: what is left when something failed.
inline std::vector<std::string> names_in(const std::filesystem::path& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        names.push_back(entry.path().lexically_relative(directory));
    std::sort(names.begin(), names.end());
    return names;
}

/// What a call throws; an error without a code when it throws nothing.
inline boost::system::system_error thrown_by(const std::function<void()>& call) {
    try {
        call();
    } catch (const boost::system::system_error& error) {
        return error;
    }
    return boost::system::system_error(boost::system::error_code());
}

inline bool says(const boost::system::system_error& error, std::string_view part) {
    return std::string_view(error.what()).find(part) != std::string_view::npos;
}

}  // namespace mote::test
