// Which files a sandboxed program sees, which of them it can write, and how much.

#include <tests/process/sandboxed.hpp>

namespace mote::process::test {
namespace {

TEST_F(sandboxed, the_bundle_is_read_only_at_home_app_and_the_working_directory) {
    write_file(bundle() / "data", "hello\n");
    EXPECT_EQ(run_in(box, "pwd; cat data").output, "/home/app\nhello\n");
    fs::permissions(bundle(), fs::perms{0777});
    fs::permissions(bundle() / "data", fs::perms{0666});
    EXPECT_EQ(run_in(box, "touch data new 2>&1 | grep -c 'Read-only'").output, "2\n");
    EXPECT_EQ(run_in({}, "pwd; ls -A").output, "/home/app\n") << "without a bundle";
}

TEST_F(sandboxed, a_program_of_the_bundle_runs_by_its_relative_path) {
    write_file(bundle() / "run", "#!/bin/sh\necho from the bundle\n", fs::perms{0755});
    command what{.program = "./run", .output = stream::pipe};
    EXPECT_EQ(run(finish(start(what, box))).output, "from the bundle\n");
    what.program = "/home/app/run";
    EXPECT_EQ(run(finish(start(what, box))).output, "from the bundle\n");
}

TEST_F(sandboxed, nothing_else_of_the_machine_is_there) {
    const fs::path outside = folder.path() / "outside";
    write_file(outside, "x");
    EXPECT_EQ(run_in(box, "ls /home; cat " + outside.string() + " 2>&1 | grep -c 'No such'").output, "app\n1\n");
    EXPECT_EQ(
        run_in(box, "ls -A / | grep -v -E '^(bin|dev|etc|home|lib|lib32|lib64|libx32|proc|run|sbin|tmp|usr|var)$'")
            .output,
        "");
    EXPECT_EQ(run_in(box, "ls /etc/shadow /etc/sudoers /etc/ssl/private 2>/dev/null").output, "");
    EXPECT_EQ(run_in(box, "ls /var /run").output, "/run:\n\n/var:\ntmp\n");
}

TEST_F(sandboxed, the_system_is_read_only) {
    EXPECT_NE(run_in(box, "touch /usr/x /etc/passwd 2>/dev/null").status.code, 0);
    EXPECT_EQ(run_in(box, "for f in /usr /usr/bin /etc/passwd /etc/hosts; do test -w $f && echo $f; done; true").output,
              "");
    EXPECT_NE(run_in(box, "echo 1 > /proc/sys/kernel/core_pattern").status.code, 0);
}

TEST_F(sandboxed, settings_are_those_of_this_machine_and_read_only) {
    for (const char* path : {"/etc/hosts", "/etc/resolv.conf", "/etc/services", "/etc/ld.so.cache", "/etc/localtime"}) {
        std::ifstream here(path, std::ios::binary);
        if (!here) continue;
        const std::string content{std::istreambuf_iterator<char>(here), {}};
        EXPECT_EQ(run_in(box, "cat " + std::string(path)).output, content) << path;
    }
    EXPECT_EQ(run_in(box, "cat /etc/group").output, "root:x:0:\napp:x:1000:\nnogroup:x:65534:\n");
    for (const char* change : {"chmod 0666", "rm -f", "mv -t /tmp"}) {
        const std::string script = std::string(change) + " /etc/hosts /etc/passwd /etc/group";
        EXPECT_EQ(run_in(box, script + " 2>&1 | grep -c 'Read-only'").output, "3\n") << change;
    }
    EXPECT_EQ(run_in(box, "touch /etc/new 2>&1 | grep -c 'Read-only'").output, "1\n");
}

TEST_F(sandboxed, a_file_may_be_added_to_the_settings) {
    write_file(folder.path() / "here", "mine\n");
    box.read_only = {{(folder.path() / "here").string(), "/etc/app/mine"}};
    box.files.push_back({.path = "/etc/app.conf", .content = "x"});
    EXPECT_EQ(run_in(box, "cat /etc/app/mine /etc/app.conf").output, "mine\nx");
    EXPECT_NE(run_in(box, "echo y > /etc/app.conf").status.code, 0);
    EXPECT_NE(run_in(box, "touch /etc/app/new").status.code, 0);
}

TEST_F(sandboxed, tmp_is_private_and_can_be_written) {
    EXPECT_EQ(run_in(box, "ls -A /tmp; echo x > /tmp/x && cat /tmp/x").output, "x\n");
    EXPECT_EQ(run_in(box, "ls -A /tmp; ls -A /var/tmp").output, "");
    box.tmp_size = 100'000;
    EXPECT_NE(run_in(box, "head -c 1000000 /dev/zero > /tmp/x").status.code, 0);
}

TEST_F(sandboxed, all_that_is_memory_has_a_bound) {
    box.tmp_size = 4 << 20;
    const std::string fill =
        "for at in /tmp /dev/shm /run; do head -c 100000000 /dev/zero > $at/x 2>/dev/null; stat -c %s $at/x; done";
    EXPECT_EQ(run_in(box, fill).output, "4194304\n2097152\n1048576\n");
    EXPECT_EQ(run_in(box, "for at in / /home /var; do touch $at/x && echo made; done").output, "made\nmade\nmade\n");
    box.read_only_root = true;
    EXPECT_EQ(run_in(box, "touch /x /run/x 2>&1 | grep -c 'Read-only'").output, "2\n");
    box.tmp_size = 1;
    EXPECT_TRUE(run_in(box, "true").status.ok()) << "there is room for what a sandbox has";
}

TEST_F(sandboxed, devices_cannot_be_added_to) {
    for (const bool read_only : {false, true}) {
        box.read_only_root = read_only;
        EXPECT_EQ(run_in(box, "touch /dev/x /dev/pts/x 2>&1 | wc -l; ls -d /dev/x 2>&1 | grep -c 'No such'").output,
                  "2\n1\n");
        EXPECT_TRUE(run_in(box, "echo x > /dev/null && echo x > /dev/shm/x && cat /dev/shm/x").status.ok());
    }
}

TEST_F(sandboxed, the_root_can_be_read_only) {
    EXPECT_EQ(run_in(box, "mkdir /data && echo x > /data/x && cat /data/x").output, "x\n");
    box.read_only_root = true;
    EXPECT_NE(run_in(box, "mkdir /data 2>/dev/null").status.code, 0);
    EXPECT_TRUE(run_in(box, "echo x > /tmp/x && echo x > /dev/shm/x").status.ok());
}

TEST_F(sandboxed, devices_are_few) {
    EXPECT_EQ(
        run_in(box, "ls /dev | grep -v -E '^(console|core|fd|full|null|ptmx|pts|random|shm|std.*|tty|urandom|zero)$'")
            .output,
        "");
    EXPECT_TRUE(run_in(box, "head -c 10 /dev/urandom > /dev/null").status.ok());
}

TEST_F(sandboxed, secrets_are_read_only_files_of_the_user) {
    box.files.push_back({.path = "/var/openfaas/secrets/key", .content = std::string("bin\0ary", 7), .mode = 0400});
    EXPECT_EQ(run_in(box, "cat /var/openfaas/secrets/key").output, std::string("bin\0ary", 7));
    EXPECT_EQ(run_in(box, "stat -c '%a %U' /var/openfaas/secrets/key").output, "400 app\n");
    EXPECT_NE(run_in(box, "echo x > /var/openfaas/secrets/key").status.code, 0);
    EXPECT_NE(run_in(box, "rm -f /var/openfaas/secrets/key").status.code, 0);
}

TEST_F(sandboxed, further_files_and_directories_are_read_only) {
    fs::create_directory(folder.path() / "more");
    write_file(folder.path() / "more" / "a", "a\n");
    write_file(folder.path() / "one", "one\n");
    box.read_only = {{(folder.path() / "more").string(), "/var/more"}, {(folder.path() / "one").string(), "/etc/one"}};
    EXPECT_EQ(run_in(box, "cat /var/more/a /etc/one").output, "a\none\n");
    EXPECT_NE(run_in(box, "touch /var/more/b").status.code, 0);
    EXPECT_NE(run_in(box, "echo x > /etc/one").status.code, 0);
}

TEST_F(sandboxed, a_directory_that_it_shares_can_be_written) {
    const auto shared = folder.path() / "shared";
    fs::create_directory(shared);
    fs::permissions(shared, fs::perms::all);
    box.writable = {{shared.string(), "/tmp"}};
    box.read_only_root = true;
    EXPECT_EQ(run_in(box, "echo hello > /tmp/a").status.code, 0);
    EXPECT_TRUE(fs::exists(shared / "a"));
    box.writable = {{shared.string(), "/run/app"}};
    EXPECT_EQ(run_in(box, "cat /run/app/a").output, "hello\n");
    box.writable = {{"shared", "/run/app"}};
    EXPECT_EQ(error_of([&] { in_sandbox(shell("true"), box); }).first, errc::bad_command);
}

}  // namespace
}  // namespace mote::process::test
