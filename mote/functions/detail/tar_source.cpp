#include <mote/functions/detail/tar_source.hpp>

#include <mote/functions/detail/files.hpp>
#include <mote/functions/detail/limits.hpp>
#include <mote/functions/error.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <new>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>
#include <zlib.h>

namespace mote::functions::detail {
namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b";
constexpr int gzip_window = 15 + 16;  // the largest, with gzip's header and trailer

}  // namespace

struct tar_source::input {
    owned_fd fd;
    std::vector<char> buffer = std::vector<char>(piece_size);
};

struct tar_source::gunzip {
    gunzip() {
        if (inflateInit2(&stream, gzip_window) != Z_OK) throw std::bad_alloc();
    }
    gunzip(const gunzip&) = delete;
    gunzip& operator=(const gunzip&) = delete;
    ~gunzip() { inflateEnd(&stream); }

    z_stream stream{};
    std::vector<char> buffer = std::vector<char>(piece_size);
    bool member_ended = false;
};

tar_source::tar_source(std::filesystem::path file, const bundle_limits& limits, std::stop_token stop)
    : file_(std::move(file)), limits_(limits), stop_(std::move(stop)), input_(std::make_unique<input>()) {
    input_->fd = open_file(file_);
    struct stat status{};
    if (::fstat(input_->fd.get(), &status) != 0) throw_errno("read", file_.native());
    if (!S_ISREG(status.st_mode)) refuse_entry(file_.native(), "neither a file nor a directory");
    if (status.st_size == 0) refuse_entry(file_.native(), "an empty file");
    std::string magic(gzip_magic.size(), '\0');
    const auto count = ::pread(input_->fd.get(), magic.data(), magic.size(), 0);
    if (count < 0) throw_errno("read", file_.native());
    if (magic == gzip_magic) gzip_ = std::make_unique<gunzip>();
}

tar_source::~tar_source() = default;

std::string_view tar_source::next() {
    const auto piece = gzip_ ? inflate() : read();
    check(piece);
    return piece;
}

std::string_view tar_source::read() {
    check_stop(stop_);
    auto& buffer = input_->buffer;
    const auto count = read_some(input_->fd.get(), buffer.data(), buffer.size(), file_);
    packed_ += count;
    check_packed(packed_, limits_);
    return {buffer.data(), count};
}

std::string_view tar_source::inflate() {
    auto& stream = gzip_->stream;
    auto& buffer = gzip_->buffer;
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    while (stream.avail_out == buffer.size()) {
        check_stop(stop_);
        if (stream.avail_in == 0) {
            const auto piece = read();
            if (piece.empty() && gzip_->member_ended) return {};
            if (piece.empty()) refuse_entry(file_.native(), "cut off: its gzip data has no end");
            stream.next_in = reinterpret_cast<Bytef*>(input_->buffer.data());
            stream.avail_in = static_cast<uInt>(piece.size());
        }
        // A file may be of several gzip members; anything else behind the end of one is refused as a bad header.
        if (std::exchange(gzip_->member_ended, false)) inflateReset(&stream);
        const int result = ::inflate(&stream, Z_NO_FLUSH);
        if (result == Z_STREAM_END) {
            gzip_->member_ended = true;
        } else if (result == Z_MEM_ERROR) {
            throw std::bad_alloc();
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            refuse_entry(file_.native(),
                         std::string("damaged: ") + (stream.msg != nullptr ? stream.msg : "not gzip data"));
        }
    }
    return {buffer.data(), buffer.size() - stream.avail_out};
}

void tar_source::check(std::string_view piece) {
    const auto content = piece.find_last_not_of('\0');
    if (content != std::string_view::npos) last_content_ = raw_ + content + 1;
    raw_ += piece.size();
    check_raw(raw_, packed_, limits_);
}

}  // namespace mote::functions::detail
