#include <mote/functions/detail/archive_entries.hpp>

#include <mote/functions/detail/files.hpp>
#include <mote/functions/error.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <new>
#include <stdexcept>
#include <utility>

namespace mote::functions::detail {
namespace {

constexpr std::uint64_t tar_block = 512;

std::string text_or_nothing(const char* text) { return text == nullptr ? std::string() : std::string(text); }

}  // namespace

struct utf8_names::saved {
    locale_t ours;
    locale_t before;
};

utf8_names::utf8_names() : saved_(std::make_unique<saved>()) {
    saved_->ours = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (saved_->ours == nullptr) throw std::runtime_error("this machine has no locale C.UTF-8");
    saved_->before = ::uselocale(saved_->ours);
}

utf8_names::~utf8_names() {
    ::uselocale(saved_->before);
    ::freelocale(saved_->ours);
}

archive_entries::archive_entries(std::filesystem::path file, const bundle_limits& limits, std::stop_token stop)
    : file_(std::move(file)), source_(file_, limits, std::move(stop)), archive_(archive_read_new()) {
    if (archive_ == nullptr) throw std::bad_alloc();
    if (archive_read_support_format_tar(archive_) != ARCHIVE_OK ||
        archive_read_open(archive_, this, nullptr, &archive_entries::feed, nullptr) != ARCHIVE_OK) {
        // The destructor does not run.
        const std::string why = text_or_nothing(archive_error_string(archive_));
        archive_read_free(archive_);
        if (failure_ != nullptr) std::rethrow_exception(failure_);
        refuse_entry(file_.native(), "not a tar or tar.gz archive: " + why);
    }
}

archive_entries::~archive_entries() { archive_read_free(archive_); }

ssize_t archive_entries::feed(archive*, void* self, const void** piece) {
    auto& entries = *static_cast<archive_entries*>(self);
    try {
        const auto bytes = entries.source_.next();
        *piece = bytes.data();
        return static_cast<ssize_t>(bytes.size());
    } catch (...) {
        entries.failure_ = std::current_exception();
        return ARCHIVE_FATAL;
    }
}

void archive_entries::fail(const std::string& entry) {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    const auto why = text_or_nothing(archive_error_string(archive_));
    if (at_.empty()) refuse_entry(file_.native(), "not a tar or tar.gz archive, or damaged: " + why);
    refuse_entry(entry, "damaged: " + why);
}

bool archive_entries::next(raw_entry& entry) {
    archive_entry* found = nullptr;
    const int result = archive_read_next_header(archive_, &found);
    if (failure_ != nullptr || (result != ARCHIVE_OK && result != ARCHIVE_WARN && result != ARCHIVE_EOF)) fail(at_);
    if (result == ARCHIVE_EOF) {
        check_end();
        return false;
    }
    entry = {};
    entry.path = at_ = text_or_nothing(archive_entry_pathname(found));
    const auto mode = archive_entry_mode(found);
    entry.executable = (mode & 0100U) != 0;
    if (const char* target = archive_entry_hardlink(found); target != nullptr) {
        entry.kind = entry_kind::hard_link;
        entry.target = target;
        return true;
    }
    switch (archive_entry_filetype(found)) {
        case AE_IFREG: entry.kind = entry_kind::file; break;
        case AE_IFDIR: entry.kind = entry_kind::directory; break;
        case AE_IFLNK:
            entry.kind = entry_kind::link;
            entry.target = text_or_nothing(archive_entry_symlink(found));
            break;
        case AE_IFCHR:
        case AE_IFBLK: refuse_entry(entry.path, "a device");
        case AE_IFIFO: refuse_entry(entry.path, "a fifo");
        default: refuse_entry(entry.path, "neither a file, a directory nor a link");
    }
    const auto size = archive_entry_size(found);
    if (size < 0) refuse_entry(entry.path, "a size below zero");
    if (size > 0 && entry.kind != entry_kind::file) refuse_entry(entry.path, "content of what is no file");
    entry.size = static_cast<std::uint64_t>(size);
    return true;
}

std::size_t archive_entries::read(char* to, std::size_t size) {
    const auto count = archive_read_data(archive_, to, size);
    if (failure_ != nullptr || count < 0) fail(at_);
    return static_cast<std::size_t>(count);
}

// libarchive takes an end between two entries for the end of the archive, and does not look at what is behind the end.
void archive_entries::check_end() {
    while (!source_.next().empty()) {
    }
    const auto end = static_cast<std::uint64_t>(archive_read_header_position(archive_));
    if (source_.raw() < end + tar_block) refuse_entry(file_.native(), "cut off: its tar has no end");
    if (source_.last_content() > end) refuse_entry(file_.native(), "more data behind its end");
}

}  // namespace mote::functions::detail
