#include <mote/functions/detail/archive_writer.hpp>

#include <mote/functions/detail/files.hpp>
#include <mote/functions/detail/limits.hpp>
#include <mote/functions/error.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

namespace mote::functions::detail {
namespace {

constexpr unsigned program_mode = 0755;
constexpr unsigned file_mode = 0644;

struct free_entry {
    void operator()(archive_entry* entry) const noexcept { archive_entry_free(entry); }
};

}  // namespace

archive_writer::archive_writer(int fd, std::filesystem::path file, const bundle_limits& limits)
    : fd_(fd), file_(std::move(file)), limits_(limits), archive_(archive_write_new()) {
    if (archive_ == nullptr) throw std::bad_alloc();
    // pax only for the names that ustar cannot have; of gzip's header nothing that differs from one time to the next.
    if (archive_write_set_format_pax_restricted(archive_) != ARCHIVE_OK ||
        archive_write_add_filter_gzip(archive_) != ARCHIVE_OK ||
        archive_write_set_options(archive_, "gzip:!timestamp,gzip:compression-level=6") != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive_, 1) != ARCHIVE_OK ||
        archive_write_open(archive_, this, nullptr, &archive_writer::drain, nullptr) != ARCHIVE_OK) {
        archive_write_free(archive_);  // the destructor does not run
        throw std::runtime_error("libarchive cannot write a tar.gz");
    }
}

archive_writer::~archive_writer() {
    archive_write_fail(archive_);  // else what is buffered would still be written
    archive_write_free(archive_);
}

ssize_t archive_writer::drain(archive*, void* self, const void* bytes, std::size_t size) {
    auto& writer = *static_cast<archive_writer*>(self);
    try {
        const std::string_view piece(static_cast<const char*>(bytes), size);
        writer.packed_ += size;
        check_packed(writer.packed_, writer.limits_);
        writer.hash_.add(piece);
        write_all(writer.fd_, piece, writer.file_.native());
        return static_cast<ssize_t>(size);
    } catch (...) {
        writer.failure_ = std::current_exception();
        return ARCHIVE_FATAL;
    }
}

void archive_writer::check(ssize_t result) {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    if (result >= 0) return;
    const char* why = archive_error_string(archive_);
    refuse_entry(file_.native(),
                 std::string("cannot be packed: ") + (why != nullptr ? why : "libarchive does not say why"));
}

void archive_writer::header(std::string_view path, unsigned type, unsigned mode, std::uint64_t size,
                            std::string_view target) {
    const std::unique_ptr<archive_entry, free_entry> entry(archive_entry_new());
    if (entry == nullptr) throw std::bad_alloc();
    archive_entry_set_pathname(entry.get(), std::string(path).c_str());
    archive_entry_set_filetype(entry.get(), type);
    archive_entry_set_perm(entry.get(), mode);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    archive_entry_set_mtime(entry.get(), 0, 0);
    if (!target.empty()) archive_entry_set_symlink(entry.get(), std::string(target).c_str());
    check(archive_write_header(archive_, entry.get()));
}

void archive_writer::directory(std::string_view path) { header(path, AE_IFDIR, program_mode, 0); }

void archive_writer::link(std::string_view path, std::string_view target) { header(path, AE_IFLNK, 0777, 0, target); }

void archive_writer::file(std::string_view path, std::uint64_t size, bool executable) {
    header(path, AE_IFREG, executable ? program_mode : file_mode, size);
}

void archive_writer::content(std::string_view bytes) {
    check(archive_write_data(archive_, bytes.data(), bytes.size()));
}

bundle_digest archive_writer::finish() {
    check(archive_write_close(archive_));
    check_raw(static_cast<std::uint64_t>(archive_filter_bytes(archive_, 0)), packed_, limits_);
    return hash_.finish();
}

}  // namespace mote::functions::detail
