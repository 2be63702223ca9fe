#include <apps/mote/data/missing.hpp>
#include <apps/mote/data/object_actions.hpp>
#include <apps/mote/data/output_pieces.hpp>
#include <apps/mote/input.hpp>
#include <apps/mote/output.hpp>
#include <apps/mote/progress_bar.hpp>
#include <apps/mote/shown_bytes.hpp>
#include <apps/mote/text.hpp>

#include <mote/objects/files.hpp>
#include <mote/objects/store.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mote::command {
namespace {

namespace asio = boost::asio;

constexpr std::size_t piece_size = 128 * 1024;
constexpr std::size_t largest_on_a_terminal = 64 * 1024;
constexpr auto longest_farewell = std::chrono::seconds(1);  // for taking back what is stored of half an object

/// Draws how far a transfer is.
class transfer_bar {
public:
    transfer_bar(const object_command& chosen, std::string name) : bar_(watcher_of(chosen)), name_(std::move(name)) {}

    void show(std::uint64_t done, std::uint64_t size) {
        constexpr std::uint64_t megabyte = 1'000'000;
        const auto megabytes = [](std::uint64_t bytes) {
            return static_cast<std::size_t>((bytes + megabyte - 1) / megabyte);
        };
        if (size != 0) return bar_.show(name_ + ", MB", megabytes(done), megabytes(size));
        bar_.show(name_ + " " + std::to_string(megabytes(done)) + " MB");
    }
    void clear() noexcept { bar_.clear(); }

private:
    static terminal watcher_of(const object_command& chosen) {
        auto watcher = look_at(STDERR_FILENO, chosen.color);
        watcher.interactive = watcher.interactive && chosen.progress;
        return watcher;
    }

    progress_bar bar_;
    std::string name_;
};

/// As any program would have made the file: the temporary one is for the owner only.
void set_usual_mode(const std::string& path, std::optional<mode_t> before) {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::chmod(path.c_str(), before ? *before & 07777U : 0666U & ~mask);
}

std::optional<mode_t> mode_of(const std::string& path) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) return std::nullopt;
    return about.st_mode;
}

/// What went wrong with a file of this machine, and not with the object.
failure about_file(const boost::system::system_error& error) { return {exit_code::error, plain_reason(error.what())}; }

asio::awaitable<void> get_into_file(object_command chosen, objects::store store) {
    const auto bar = std::make_shared<transfer_bar>(chosen, chosen.name);
    const objects::file_progress progress = std::bind_front(&transfer_bar::show, bar);
    const auto before = mode_of(*chosen.output);
    if (before && S_ISDIR(*before)) throw failure(exit_code::usage, *chosen.output + ": is a directory; name a file");
    if (before && !S_ISREG(*before))
        throw failure(exit_code::usage,
                      *chosen.output + ": is no file that could be replaced; `-o -` writes to standard output");
    std::error_code none;
    const auto real = before ? std::filesystem::canonical(*chosen.output, none) : std::filesystem::path(*chosen.output);
    const std::filesystem::path target = none ? std::filesystem::path(*chosen.output) : real;  // a link stays one
    try {
        co_await objects::get_file(store, chosen.name, target, progress);
    } catch (const boost::system::system_error& error) {
        if (error.code().category() != boost::system::generic_category()) throw;
        throw about_file(error);
    }
    set_usual_mode(*chosen.output, before);
}

/// A person gets text of a bearable size.
asio::awaitable<void> get_for_a_person(objects::store store, std::string name, terminal reader) {
    auto object = co_await store.get(name);
    const auto size = object.info().size;
    std::string text;
    while (size <= largest_on_a_terminal) {
        const auto piece = co_await object.next();
        if (!piece) break;
        text += *piece;
    }
    const bool fits = size <= largest_on_a_terminal && is_utf8(text) && text.find('\0') == std::string::npos;
    if (!fits)
        throw failure(exit_code::usage, "object \"" + name + "\" has " + counted(size, "byte") +
                                            (size <= largest_on_a_terminal ? " and is no text" : "") +
                                            "; `-o FILE` writes it to a file, and a pipe gets it as it is");
    write_bytes(text, false, reader);
}

asio::awaitable<std::string> next_piece(std::shared_ptr<input_pieces> from, std::shared_ptr<transfer_bar> bar,
                                        std::shared_ptr<std::uint64_t> done) {
    std::string piece = co_await from->next(piece_size);
    *done += piece.size();
    bar->show(*done, from->size());
    co_return piece;
}

/// What a Ctrl-C needs to end a put so that nothing of it stays.
struct put_cancellation {
    explicit put_cancellation(const asio::any_io_executor& executor) : patience(executor) {}
    asio::cancellation_signal signal{};
    asio::steady_timer patience;
    bool interrupted = false;
};

void cancel_put(put_cancellation& put, loop* running) {
    put.interrupted = true;
    put.patience.expires_after(longest_farewell);
    put.patience.async_wait([running](const boost::system::error_code& failed) {
        if (!failed) running->end(exit_code::interrupted);
    });
    put.signal.emit(asio::cancellation_type::terminal);
}

}  // namespace

asio::awaitable<exit_code> get_object(object_command chosen, jetstream::context js) {
    const auto store = co_await open_store(js, chosen.store);
    if (chosen.output && *chosen.output != "-") {
        co_await get_into_file(chosen, store);
        co_return exit_code::ok;
    }
    const auto reader = look_at(STDOUT_FILENO, chosen.color);
    if (reader.interactive && !chosen.output) {
        co_await get_for_a_person(store, chosen.name, reader);
        co_return exit_code::ok;
    }
    auto object = co_await store.get(chosen.name);
    output_pieces output(co_await asio::this_coro::executor);
    transfer_bar bar(chosen, chosen.name);
    std::uint64_t done = 0;
    for (;;) {
        auto piece = co_await object.next();
        if (!piece) break;
        done += piece->size();
        const bool goes_on = co_await output.write(std::move(*piece));
        if (!goes_on) break;
        bar.show(done, object.info().size);
    }
    co_return exit_code::ok;
}

asio::awaitable<exit_code> put_object(object_command chosen, loop* running, jetstream::context js) {
    const auto store = co_await open_store(js, chosen.store);
    objects::object_meta meta;
    meta.name = chosen.name.empty() ? std::filesystem::path(chosen.file).filename().string() : chosen.name;
    meta.description = chosen.description;
    const auto executor = co_await asio::this_coro::executor;
    if (chosen.file != "-" && std::filesystem::is_directory(chosen.file))
        throw failure(exit_code::usage, chosen.file + ": is a directory; name a file");
    const auto input = std::make_shared<input_pieces>(executor, chosen.file);
    const auto bar = std::make_shared<transfer_bar>(chosen, meta.name);
    const objects::source from = std::bind_front(next_piece, input, bar, std::make_shared<std::uint64_t>(0));
    const auto cancellation = std::make_shared<put_cancellation>(executor);
    running->on_interrupt([cancellation, running] { cancel_put(*cancellation, running); });
    std::optional<objects::object_info> stored;
    try {
        stored =
            co_await asio::co_spawn(executor, store.put(meta, from),
                                    asio::bind_cancellation_slot(cancellation->signal.slot(), asio::use_awaitable));
    } catch (const boost::system::system_error& error) {
        if (!cancellation->interrupted) throw;
    }
    if (!stored) co_return exit_code::interrupted;
    bar->clear();
    print_object(chosen, *stored);
    co_return exit_code::ok;
}

}  // namespace mote::command
