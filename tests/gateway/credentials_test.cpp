// Files with credentials: what they may hold, what is said of wrong ones, and how they are made.

#include <tests/gateway/protection.hpp>

#include <mote/gateway/credentials.hpp>

#include <gtest/gtest.h>
#include <latch>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace mote::test {
namespace {

namespace fs = std::filesystem;
using gateway::errc;
using gateway::make_credentials;
using gateway::read_credentials;

unsigned mode_of(const fs::path& file) {
    struct stat about{};
    EXPECT_EQ(::stat(file.c_str(), &about), 0) << file;
    return about.st_mode & 07777U;
}

thrown reading(const credentials_dir& files) {
    return thrown_by([&] { read_credentials(files.path()); });
}

void expect_refused(const std::string& file, std::string_view content, const std::string& why,
                    errc code = errc::bad_credentials) {
    const credentials_dir files;
    files.write(file, content);
    const auto failed = reading(files);
    EXPECT_EQ(failed.code, code) << why;
    EXPECT_NE(failed.text.find((files.path() / file).string()), std::string::npos) << failed.text;
    EXPECT_NE(failed.text.find(why), std::string::npos) << failed.text;
}

TEST(credentials, are_the_files_without_the_white_space_at_their_ends) {
    const credentials_dir files;
    files.write("basic-auth-user", "j\xC3\xBCrg \t\r\n\n");
    files.write("basic-auth-password", " pass word: \n");
    const auto read = read_credentials(files.path());
    EXPECT_EQ(read.user, "j\xC3\xBCrg");
    EXPECT_EQ(read.password, " pass word:");
    EXPECT_TRUE(read.tokens.empty());
}

TEST(credentials, may_be_behind_links) {
    const credentials_dir files;
    fs::rename(files.path() / "basic-auth-password", files.path() / "elsewhere");
    fs::create_symlink("elsewhere", files.path() / "basic-auth-password");
    EXPECT_EQ(read_credentials(files.path()).password, "secret");
}

TEST(credentials, that_are_missing_name_the_file) {
    for (const std::string name : {"basic-auth-user", "basic-auth-password"}) {
        const credentials_dir files;
        fs::remove(files.path() / name);
        const auto failed = reading(files);
        EXPECT_EQ(failed.code, errc::no_credentials);
        EXPECT_NE(failed.text.find(name), std::string::npos) << failed.text;
    }
    EXPECT_EQ(thrown_by([] { read_credentials("/nowhere/at/all"); }).code, errc::no_credentials);
}

TEST(credentials, cannot_be_empty_or_long_or_of_other_characters) {
    for (const std::string file : {"basic-auth-user", "basic-auth-password"}) {
        expect_refused(file, "", "is empty");
        expect_refused(file, " \r\n\n", "is empty");
        expect_refused(file, std::string(1025, 'x'), "more than 1024 bytes");
        expect_refused(file, std::string(5000, 'x'), "more than");
        expect_refused(file,
                       "a\x01"
                       "b",
                       "control character");
        expect_refused(file, "two\nlines", "control character");
        expect_refused(file, "\xFF", "not UTF-8");
    }
    expect_refused("basic-auth-user", "ad:min", "colon");
}

TEST(credentials, of_the_greatest_length_are_read) {
    const credentials_dir files;
    std::string longest(1024, 'x');
    files.write("basic-auth-password", longest.append("\r\n"));
    EXPECT_EQ(read_credentials(files.path()).password.size(), 1024u);
}

TEST(credentials, must_be_regular_files) {
    const credentials_dir files;
    const auto file = files.path() / "basic-auth-password";
    fs::remove(file);
    fs::create_directory(file);
    EXPECT_EQ(reading(files).code, errc::bad_credentials);
    fs::remove(file);
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);  // nobody writes to it: reading must not wait
    EXPECT_EQ(reading(files).code, errc::bad_credentials);
}

TEST(credentials, that_cannot_be_read_say_what_the_system_says) {
    const credentials_dir files;
    const auto file = files.path() / "basic-auth-user";
    fs::remove(file);
    fs::create_symlink("basic-auth-user", file);  // a link to itself cannot be opened by anybody
    EXPECT_EQ(reading(files).code, errc::cannot_read);
}

TEST(credentials, never_show_what_is_in_a_file_in_an_error) {
    for (const std::string content : {"hunter2\x01", "hunter2\xFF", "hunter2:hunter2\nhunter2"}) {
        for (const std::string file : {"basic-auth-user", "basic-auth-password", "bearer-tokens"}) {
            const credentials_dir files;
            files.write(file, content);
            EXPECT_EQ(reading(files).text.find("hunter2"), std::string::npos) << file;
        }
    }
}

TEST(bearer_tokens, are_one_a_line_with_a_name_or_without) {
    const credentials_dir files;
    files.write("bearer-tokens", "# who may deploy\nci:abc.DEF-1_~+/==\r\n\n  \nplain\nci:second  \nlast:one");
    const std::vector<gateway::bearer_token> expected{
        {"ci", "abc.DEF-1_~+/=="}, {"token", "plain"}, {"ci", "second"}, {"last", "one"}};
    EXPECT_EQ(read_credentials(files.path()).tokens, expected);
}

TEST(bearer_tokens, that_are_wrong_name_the_line) {
    expect_refused("bearer-tokens", "good\nci:\n", "line 2: not a token");
    expect_refused("bearer-tokens", ":abc\n", "line 1: not a name");
    expect_refused("bearer-tokens", std::string(65, 'n') + ":abc\n", "line 1: not a name");
    expect_refused("bearer-tokens", "a b:abc\n", "line 1: not a name");
    expect_refused("bearer-tokens", "\n\nci:a b\n", "line 3: not a token");
    expect_refused("bearer-tokens", "ci:a=b\n", "line 1: not a token");
    expect_refused("bearer-tokens", "ci:==\n", "line 1: not a token");
    expect_refused("bearer-tokens", "a:b:c\n", "line 1: not a token");
    expect_refused("bearer-tokens", "one:same\ntwo:same\n", "line 2: a token that is there already");
    expect_refused("bearer-tokens", std::string(65 * 1024, '\n'), "more than 65536 bytes");
    std::string many;
    for (int i = 0; i <= 1000; ++i) many += "t" + std::to_string(i) + "\n";
    expect_refused("bearer-tokens", many, "line 1001: more than 1000 tokens");
}

TEST(make_credentials, makes_a_user_and_a_random_password_for_the_owner_only) {
    const temp_dir there;
    const auto directory = there.path() / "new" / "auth/";
    EXPECT_TRUE(make_credentials(directory));
    const auto made = read_credentials(directory);
    EXPECT_EQ(made.user, "admin");
    EXPECT_EQ(made.password.size(), 32u);  // 192 bits
    EXPECT_EQ(made.password.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_EQ(mode_of(there.path() / "new" / "auth"), 0700u);
    EXPECT_EQ(mode_of(directory / "basic-auth-user"), 0600u);
    EXPECT_EQ(mode_of(directory / "basic-auth-password"), 0600u);
    EXPECT_EQ(std::distance(fs::directory_iterator(directory), fs::directory_iterator()), 2);  // nothing left behind
}

TEST(make_credentials, never_makes_the_same_password_twice) {
    std::set<std::string> passwords;
    for (int i = 0; i < 20; ++i) {
        const temp_dir there;
        make_credentials(there.path());
        passwords.insert(read_credentials(there.path()).password);
    }
    EXPECT_EQ(passwords.size(), 20u);
}

TEST(make_credentials, leaves_what_is_there) {
    const credentials_dir files;
    EXPECT_FALSE(make_credentials(files.path()));
    EXPECT_EQ(content_of(files.path() / "basic-auth-password"), "secret\n");
}

TEST(make_credentials, makes_only_what_is_missing) {
    const credentials_dir files;
    files.write("basic-auth-user", "mine");
    fs::remove(files.path() / "basic-auth-password");
    EXPECT_TRUE(make_credentials(files.path()));
    EXPECT_EQ(read_credentials(files.path()).user, "mine");
    fs::remove(files.path() / "basic-auth-user");
    EXPECT_FALSE(make_credentials(files.path()));
    EXPECT_EQ(read_credentials(files.path()).user, "admin");
}

TEST(make_credentials, agrees_on_one_password_when_many_begin_at_once) {
    for (int round = 0; round < 10; ++round) {
        const temp_dir there;
        const auto directory = there.path() / "auth";
        constexpr int racers = 8;
        std::latch begin(racers);
        std::vector<std::string> seen(racers);
        std::atomic<int> made = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < racers; ++i)
                threads.emplace_back([&, i] {
                    begin.arrive_and_wait();
                    if (make_credentials(directory)) ++made;
                    seen[static_cast<std::size_t>(i)] = read_credentials(directory).password;
                });
        }
        EXPECT_EQ(made, 1);
        EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 1u);
        EXPECT_EQ(std::distance(fs::directory_iterator(directory), fs::directory_iterator()), 2);
    }
}

TEST(make_credentials, says_where_it_cannot_write) {
    const temp_dir there;
    put(there.path() / "file", "");
    const auto below = thrown_by([&] { make_credentials(there.path() / "file" / "auth"); });
    EXPECT_EQ(below.code, errc::cannot_write);
    EXPECT_NE(below.text.find((there.path() / "file").string()), std::string::npos) << below.text;
    EXPECT_EQ(thrown_by([&] { make_credentials(there.path() / "file"); }).code, errc::cannot_write);
}

}  // namespace
}  // namespace mote::test
