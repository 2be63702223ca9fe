#include <tests/objects/fixture.hpp>

#include <mote/objects/files.hpp>
#include <tests/support/temp_dir.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace mote::objects::test {
namespace {

namespace fs = std::filesystem;

/// Objects from and to files.
class files_test : public objects_test {
public:
    static fs::path folder_of(objects_test& test) { return static_cast<files_test&>(test).directory_.path(); }

private:
    mote::test::temp_dir directory_;
};

fs::path write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::ptrdiff_t count(const fs::path& folder) {
    return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST_F(files_test, round_trip) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto folder = files_test::folder_of(test);
        const auto photos = co_await new_store(js);
        for (const std::size_t size : {0U, 1U, 131'071U, 131'072U, 1'000'003U}) {
            const auto bytes = some_bytes(size);
            const auto file = write(folder / "cat.jpg", bytes);
            const auto stored = co_await put_file(photos, file);
            EXPECT_EQ(stored.name, "cat.jpg");
            EXPECT_EQ(stored.size, size);
            const auto copy = folder / "copy";
            const auto got = co_await get_file(photos, "cat.jpg", copy);
            EXPECT_EQ(got.digest, stored.digest);
            EXPECT_TRUE(read(copy) == bytes) << size;
            EXPECT_EQ(count(folder), 2) << size;
        }
        struct stat is{};
        EXPECT_EQ(::stat((folder / "copy").c_str(), &is), 0);
        EXPECT_EQ(is.st_mode & 0777, 0600U);
    });
}

TEST_F(files_test, tell_how_far_they_are) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto meta = named("cat", 1000);
        const auto file = write(files_test::folder_of(test) / "x", some_bytes(2'500));
        co_await put_file(photos, file, meta);
        std::vector<std::uint64_t> told;
        const file_progress progress = [&told](std::uint64_t done, std::uint64_t size) {
            told.push_back(done);
            EXPECT_EQ(size, 2'500U);
        };
        co_await get_file(photos, "cat", file, progress);
        const std::vector<std::uint64_t> expected{1000, 2000, 2500};
        EXPECT_EQ(told, expected);
    });
}

TEST_F(files_test, are_put_under_another_name_in_chunks_of_any_size) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto photos = co_await new_store(js);
        const auto file = write(files_test::folder_of(test) / "x", some_bytes(300'000));
        auto meta = named("of the cat", 1000);
        meta.description = "a file";
        const auto stored = co_await put_file(photos, file, meta);
        EXPECT_EQ(stored.name, "of the cat");
        EXPECT_EQ(stored.description, "a file");
        EXPECT_EQ(stored.chunks, 300U);
        const auto back = co_await photos.get_bytes("of the cat");
        EXPECT_TRUE(back == some_bytes(300'000));
    });
}

TEST_F(files_test, that_are_none_are_refused) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto folder = files_test::folder_of(test);
        const auto photos = co_await new_store(js);
        auto error = co_await error_of(put_file(photos, folder / "missing"));
        EXPECT_EQ(error, boost::system::errc::no_such_file_or_directory);
        const auto text = co_await error_text_of(put_file(photos, folder / "missing"));
        EXPECT_NE(text.find("missing"), std::string::npos) << text;
        error = co_await error_of(put_file(photos, folder));
        EXPECT_EQ(error, boost::system::errc::invalid_argument);
        const auto pipe = folder / "pipe";
        EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
        error = co_await error_of(put_file(photos, pipe));
        EXPECT_EQ(error, boost::system::errc::invalid_argument);
        const auto messages = co_await messages_of(js);
        EXPECT_EQ(messages, 0U);
    });
}

TEST_F(files_test, of_what_is_not_there_are_not_made) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto folder = files_test::folder_of(test);
        const auto photos = co_await new_store(js);
        auto error = co_await error_of(get_file(photos, "cat", folder / "cat"));
        EXPECT_EQ(error, errc::object_not_found);
        EXPECT_EQ(count(folder), 0);
        co_await photos.put("cat", "meow");
        error = co_await error_of(get_file(photos, "cat", folder / "no folder" / "cat"));
        EXPECT_EQ(error, boost::system::errc::no_such_file_or_directory);
        error = co_await error_of(get_file(photos, "cat", folder));
        EXPECT_TRUE(error) << "a folder was replaced";
        EXPECT_EQ(count(folder), 0);
        EXPECT_FALSE(fs::exists(folder.native() + ".part"));
    });
}

/// Overwrites the last chunk of `x`, which has chunks of ten bytes, with another one.
asio::awaitable<void> spoil(jetstream::context js, object_info stored) {
    const auto subject = "$O.photos.C." + stored.nuid;
    const auto last = co_await js.last_message("OBJ_photos", subject);
    EXPECT_TRUE(last);
    if (!last) co_return;
    co_await js.delete_message("OBJ_photos", last->sequence);
    co_await js.publish(subject, "0123456789");
}

TEST_F(files_test, keep_the_older_bytes_when_the_object_is_corrupt) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto folder = files_test::folder_of(test);
        const auto photos = co_await new_store(js);
        const auto stored = co_await photos.put(named("x", 10), pieces_of(some_bytes(100), 10));
        const auto file = write(folder / "x", "older");
        co_await spoil(js, stored);
        const auto error = co_await error_of(get_file(photos, "x", file));
        EXPECT_EQ(error, errc::corrupt);
        EXPECT_EQ(read(file), "older");
        EXPECT_EQ(count(folder), 1);
        co_await photos.put("x", "newer");
        co_await get_file(photos, "x", file);
        EXPECT_EQ(read(file), "newer");
    });
}

TEST_F(files_test, leave_nothing_when_reading_is_cancelled) {
    run([](jetstream::context js, objects_test& test) -> asio::awaitable<void> {
        const auto folder = files_test::folder_of(test);
        const auto photos = co_await new_store(js);
        // The last chunk is missing, so the reader waits.
        const auto stored = co_await photos.put(named("x", 10), pieces_of(some_bytes(100), 10));
        const auto last = co_await js.last_message("OBJ_photos", "$O.photos.C." + stored.nuid);
        EXPECT_TRUE(last);
        if (!last) co_return;
        co_await js.delete_message("OBJ_photos", last->sequence);
        const auto signal = std::make_shared<asio::cancellation_signal>();
        asio::steady_timer watch(js.connection().executor());
        const auto file = folder / "x";
        bool seen = false;
        std::function<void(const boost::system::error_code&)> look = [&](const boost::system::error_code& stopped) {
            if (stopped) return;
            seen = seen || count(folder) > 0;
            if (seen) return signal->emit(asio::cancellation_type::terminal);
            watch.expires_after(1ms);
            watch.async_wait(look);
        };
        look({});
        const auto failure = co_await cancellable(js, get_file(photos, "x", file), signal);
        watch.cancel();
        EXPECT_TRUE(failure != nullptr);
        EXPECT_TRUE(seen);
        EXPECT_EQ(count(folder), 0);
    });
}

}  // namespace
}  // namespace mote::objects::test
