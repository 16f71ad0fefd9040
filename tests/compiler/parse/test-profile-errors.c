/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every error and warning of the profile parser, with its place and its text. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/parse/profile.h"
#include "tests/compiler/profile-text.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define OF_20  "abcdefghijklmnopqrst"
#define OF_106 OF_20 OF_20 OF_20 OF_20 OF_20 "abcdef"

/* Whole profiles (' stands for ") and all lines that they give. */
static const struct {
    const char *json;
    const char *diags;
} whole[] = {
    /* Forms. */
    {"[]", "f:1:1: error: the profile is an array; an object was expected\n"},
    {"'x'", "f:1:1: error: the profile is a string; an object was expected\n"},
    {"{}", "f:1:1: error: the profile has no \"defaultAction\"; for example \"SCMP_ACT_ERRNO\"\n"},
    {"{'seccomp':null}", "f:1:12: error: \"seccomp\" is null; an object was expected\n"},
    {"{'seccomp':[]}", "f:1:12: error: \"seccomp\" is an array; an object was expected\n"},
    {"{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'},'x-a':1,'name':2}",
     "f:1:55: warning: this file has no key \"name\"; it is ignored; its keys are seccomp\n"},
    {"{'ociVersion':'1.0.2',\n'process':{}}",
     "f:1:1: error: this config.json has no \"linux.seccomp\"; its process would run without a "
     "filter\n"},
    {"{'linux':null}", "f:1:1: error: this config.json has no \"linux.seccomp\"; its process would "
                       "run without a filter\n"},
    {"{'linux':{}}", "f:1:10: error: this config.json has no \"linux.seccomp\"; its process would "
                     "run without a filter\n"},
    {"{'linux':{'seccomp':null}}", "f:1:21: error: this config.json has no \"linux.seccomp\"; its "
                                   "process would run without a filter\n"},
    {"{'linux':7}", "f:1:10: error: \"linux\" is a number; an object was expected\n"},
    {"{'linux':{'seccomp':'x'}}",
     "f:1:21: error: \"linux.seccomp\" is a string; an object was expected\n"},
    {"{'ociVersion':'1.0.2','hooks':{},'seccomp':{},\n"
     "'linux':{'x':1,'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}}}",
     "f:1:44: warning: a config.json has no key \"seccomp\" here; it is ignored, and "
     "\"linux.seccomp\" is read\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','linux':{'seccomp':{}}}",
     "f:1:43: error: a profile stands at the top, so \"linux\" has no place beside it; keep one\n"},
    {"{'syscalls':[],'ociVersion':'1.0.0'}",
     "f:1:29: error: a profile stands at the top, so \"ociVersion\" has no place beside it; keep "
     "one\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','seccomp':{}}",
     "f:1:45: error: a profile stands at the top, so \"seccomp\" has no place beside it; keep "
     "one\n"},
    {"{'kind':'Pod','apiVersion':'v1','spec':{}}",
     "f:1:9: error: this is a Kubernetes object of kind \"Pod\"; \"SeccompProfile\" was "
     "expected\n"},
    {"{'kind':'SeccompProfile'}",
     "f:1:1: error: this Kubernetes object has no \"spec\", which holds the profile\n"},
    {"{'kind':'SeccompProfile','spec':[]}",
     "f:1:33: error: \"spec\" is an array; an object was expected\n"},
    {"{'kind':'SeccompProfile','spec':{'defaultAction':'SCMP_ACT_ERRNO',\n"
     "'baseProfileName':'runc-v1.0.0'}}",
     "f:2:19: error: \"baseProfileName\" is \"runc-v1.0.0\": the rules of that profile are not in "
     "this file and would be lost; add them, and remove the key\n"},
    {"{'kind':'SeccompProfile','data':1,'spec':{'defaultAction':'SCMP_ACT_ALLOW'}}",
     "f:1:26: warning: a Kubernetes object has no key \"data\"; it is ignored; its keys are kind, "
     "spec, apiVersion, metadata, status\n"},
    {"{'kind':'SeccompProfile','defaultAction':'SCMP_ACT_ALLOW'}",
     "f:1:2: warning: a profile has no key \"kind\"; it is ignored; its keys are defaultAction, "
     "defaultErrnoRet, defaultErrno, architectures, archMap, flags, listenerPath, "
     "listenerMetadata, syscalls, x-unknownSyscalls\n"},
    /* JSON that json_parse() refuses. */
    {"", "f:1:1: error: the text is empty; JSON was expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW',\n 'defaultAction':'SCMP_ACT_TRAP'}",
     "f:2:2: error: key \"defaultAction\" stands twice in one object, first on line 1; keep one\n"},
    /* Keys at the top. */
    {"{'syscalls':[]}",
     "f:1:1: error: the profile has no \"defaultAction\"; for example \"SCMP_ACT_ERRNO\"\n"},
    {"{'defaultAction':null}",
     "f:1:1: error: the profile has no \"defaultAction\"; for example \"SCMP_ACT_ERRNO\"\n"},
    {"{'defaultAction':1}",
     "f:1:18: error: \"defaultAction\" is a number; a string was expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALOW'}",
     "f:1:18: error: unknown action \"SCMP_ACT_ALOW\"; did you mean \"SCMP_ACT_ALLOW\"?\n"},
    {"{'defaultAction':'allow'}",
     "f:1:18: error: unknown action \"allow\"; did you mean \"SCMP_ACT_ALLOW\"?\n"},
    {"{'defaultAction':''}",
     "f:1:18: error: unknown action \"\"; one of SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, "
     "SCMP_ACT_KILL, SCMP_ACT_TRAP, SCMP_ACT_ERRNO, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, SCMP_ACT_LOG, "
     "SCMP_ACT_ALLOW was expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','defaultErrnoRet':1}",
     "f:1:53: error: \"defaultErrnoRet\" stands beside SCMP_ACT_ALLOW, which returns no errno; "
     "remove it, or use SCMP_ACT_ERRNO or SCMP_ACT_TRACE\n"},
    {"{'defaultAction':'SCMP_ACT_KILL','defaultErrno':'EPERM'}",
     "f:1:49: error: \"defaultErrno\" stands beside SCMP_ACT_KILL, which returns no errno; "
     "remove it, or use SCMP_ACT_ERRNO or SCMP_ACT_TRACE\n"},
    {"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':4096}",
     "f:1:53: error: \"defaultErrnoRet\" is 4096, which is too large; a whole number from 0 to "
     "4095 "
     "was expected, in decimal digits\n"},
    {"{'defaultAction':'SCMP_ACT_TRACE','defaultErrnoRet':65536}",
     "f:1:53: error: \"defaultErrnoRet\" is 65536, which is too large; a whole number from 0 to "
     "65535 was expected, in decimal digits\n"},
    {"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'ENOSY'}",
     "f:1:50: error: unknown errno \"ENOSY\"; did you mean \"ENOSYS\"?\n"},
    {"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'nothing'}",
     "f:1:50: error: unknown errno \"nothing\"; a name such as \"EPERM\" was expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_46',1,'amd64','PDP11']}",
     "f:1:52: error: unknown architecture \"SCMP_ARCH_X86_46\"; did you mean "
     "\"SCMP_ARCH_X86_64\"?\n"
     "f:1:71: error: an item of \"architectures\" is a number; a string was expected\n"
     "f:1:73: error: unknown architecture \"amd64\"; did you mean \"SCMP_ARCH_X86_64\"?\n"
     "f:1:81: error: unknown architecture \"PDP11\"; names such as SCMP_ARCH_X86_64 or "
     "SCMP_ARCH_AARCH64 were expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86'],\n"
     "'archMap':[{'architecture':'SCMP_ARCH_X86_64'}]}",
     "f:2:11: error: a profile has \"architectures\" and \"archMap\"; keep one of them\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','archMap':{'architecture':'SCMP_ARCH_X86_64'}}",
     "f:1:45: error: \"archMap\" is an object; an array was expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','archMap':[1,\n{},\n"
     "{'architecture':'SCMP_ARCH_ARM','subArchitecture':[]},\n"
     "{'architecture':'SCMP_ARCH_X86_64','subArchitectures':['x86']},\n"
     "{'architecture':'SCMP_ARCH_X86_64'},{'architecture':'SCMP_ARCH_X86_64'}]}",
     "f:1:46: error: an item of \"archMap\" is a number; an object was expected\n"
     "f:2:1: error: an item of \"archMap\" has no \"architecture\"\n"
     "f:3:33: error: an item of \"archMap\" has no key \"subArchitecture\"; did you mean "
     "\"subArchitectures\"?\n"
     "f:4:56: error: unknown architecture \"x86\"; did you mean \"SCMP_ARCH_X86\"?\n"
     "f:5:1: warning: \"archMap\" has SCMP_ARCH_X86_64 twice; the first one counts, this one is "
     "ignored\n"
     "f:5:37: warning: \"archMap\" has SCMP_ARCH_X86_64 twice; the first one counts, this one is "
     "ignored\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','flags':['TSYNC',null]}",
     "f:1:44: error: unknown flag \"TSYNC\"; one of SECCOMP_FILTER_FLAG_TSYNC, "
     "SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, "
     "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV was expected\n"
     "f:1:52: error: an item of \"flags\" is null; a string was expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']}",
     "f:1:43: warning: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is ignored: without SCMP_ACT_NOTIFY "
     "there is nothing to wait for, and the kernel refuses it\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','listenerMetadata':'x'}",
     "f:1:54: error: \"listenerMetadata\" stands without \"listenerPath\"; add the path of the "
     "listener's socket, or remove it\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'','listenerMetadata':'m'}",
     "f:1:72: error: \"listenerMetadata\" stands without \"listenerPath\"; add the path of the "
     "listener's socket, or remove it\n"},
    {"{'defaultAction':'SCMP_ACT_NOTIFY','listenerPath':''}",
     "f:1:18: warning: SCMP_ACT_NOTIFY as default action: runc refuses it, since the process that "
     "installs the filter can hang before its listener is handed over\n"
     "f:1:18: warning: SCMP_ACT_NOTIFY without \"listenerPath\": who installs the filter has to "
     "serve its listener, and a runtime refuses the profile\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'run/l'}",
     "f:1:50: warning: \"listenerPath\" is no absolute path: where it leads depends on the "
     "directory "
     "that a runtime was started in\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/" OF_106 "x'}",
     "f:1:50: warning: \"listenerPath\" has 108 bytes, and the path of a socket at most 107: no "
     "runtime can connect to it\n"},
    {"{'defaultAction':'SCMP_ACT_NOTIFY'}",
     "f:1:18: warning: SCMP_ACT_NOTIFY as default action: runc refuses it, since the process that "
     "installs the filter can hang before its listener is handed over\n"
     "f:1:18: warning: SCMP_ACT_NOTIFY without \"listenerPath\": who installs the filter has to "
     "serve its listener, and a runtime refuses the profile\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/l','syscalls':[\n"
     "{'names':['read','write'],'action':'SCMP_ACT_NOTIFY'}]}",
     "f:2:18: warning: SCMP_ACT_NOTIFY for \"write\": runc refuses it, since the process that "
     "installs the filter can hang before its listener is handed over\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[\n"
     "{'names':['read'],'action':'SCMP_ACT_NOTIFY'}]}",
     "f:2:1: warning: SCMP_ACT_NOTIFY without \"listenerPath\": who installs the filter has to "
     "serve its listener, and a runtime refuses the profile\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','x-unknownSyscalls':'Default'}",
     "f:1:55: error: \"x-unknownSyscalls\" is \"Default\"; \"enosys\" or \"default\" was "
     "expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','x-unknownSyscalls':true}",
     "f:1:55: error: \"x-unknownSyscalls\" is a boolean; a string was expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','x-unknownSyscall':'default'}",
     "f:1:35: warning: a profile has no key \"x-unknownSyscall\"; did you mean "
     "\"x-unknownSyscalls\"? It is ignored\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','arches':[],'syscall':[]}",
     "f:1:35: warning: a profile has no key \"arches\"; it is ignored; its keys are defaultAction, "
     "defaultErrnoRet, defaultErrno, architectures, archMap, flags, listenerPath, "
     "listenerMetadata, syscalls, x-unknownSyscalls\n"
     "f:1:47: warning: a profile has no key \"syscall\"; did you mean \"syscalls\"? It is "
     "ignored\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','Syscalls':[]}",
     "f:1:35: error: key \"Syscalls\" differs from \"syscalls\" in case only: Docker, Podman and "
     "runc take it in any case, crun does not; write \"syscalls\"\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','archMap':[\n"
     "{'architecture':'SCMP_ARCH_X86_64','subarchitectures':[]}]}",
     "f:2:36: error: key \"subarchitectures\" differs from \"subArchitectures\" in case only: "
     "Docker, Podman and runc take it in any case, crun does not; write \"subArchitectures\"\n"},
    {"{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':'ENOSYS','defaultErrno':1}",
     "f:1:53: error: \"defaultErrnoRet\" is a string; a number was expected; for a name, use the "
     "key \"defaultErrno\"\n"
     "f:1:77: error: \"defaultErrno\" is a number; a string was expected; for a number, use the "
     "key "
     "\"defaultErrnoRet\"\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_ARM64','SCMP_ARCH_AMD64',\n"
     "'SCMP_ARCH_I386','SCMP_ARCH_MIPS64LE','arm64']}",
     "f:1:52: error: unknown architecture \"SCMP_ARCH_ARM64\"; did you mean "
     "\"SCMP_ARCH_AARCH64\"?\n"
     "f:1:70: error: unknown architecture \"SCMP_ARCH_AMD64\"; did you mean "
     "\"SCMP_ARCH_X86_64\"?\n"
     "f:2:1: error: unknown architecture \"SCMP_ARCH_I386\"; did you mean \"SCMP_ARCH_X86\"?\n"
     "f:2:18: error: unknown architecture \"SCMP_ARCH_MIPS64LE\"; did you mean "
     "\"SCMP_ARCH_MIPSEL64\"?\n"
     "f:2:39: error: unknown architecture \"arm64\"; did you mean \"SCMP_ARCH_AARCH64\"?\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','syscalls':{}}",
     "f:1:46: error: \"syscalls\" is an object; an array was expected\n"},
    {"{'defaultAction':'SCMP_ACT_ALLOW','syscalls':['read']}",
     "f:1:47: error: an item of \"syscalls\" is a string; an object was expected\n"},
};

START_TEST(whole_profiles)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;

    ck_assert_str_eq(profile_diags(&arena, &p, profile_json(&arena, whole[_i].json)),
                     whole[_i].diags);
}
END_TEST

/* One rule (' stands for "), from line 2, column 1 on; and all lines that it gives, without "f:2:".
 */
static const struct {
    const char *json;
    const char *diags;
} rules[] = {
    /* Names. */
    {"{'action':'SCMP_ACT_TRAP'}",
     "1: error: a rule has no \"names\"; at least one syscall name was expected\n"},
    {"{'names':null,'action':'SCMP_ACT_TRAP'}",
     "1: error: a rule has no \"names\"; at least one syscall name was expected\n"},
    {"{'names':[],'action':'SCMP_ACT_TRAP'}",
     "10: error: \"names\" is empty; at least one syscall name was expected\n"},
    {"{'names':'a','action':'SCMP_ACT_TRAP'}",
     "10: error: \"names\" is a string; an array was expected\n"},
    {"{'name':['a'],'action':'SCMP_ACT_TRAP'}",
     "9: error: \"name\" is an array; a string was expected\n"},
    {"{'names':['a'],'name':'b','action':'SCMP_ACT_TRAP'}",
     "23: error: a rule has \"name\" and \"names\"; put all into \"names\"\n"},
    {"{'names':['',7,'a-b','a b','a\\n','open*'],'action':'SCMP_ACT_TRAP'}",
     "11: error: a syscall name is empty; a name such as \"read\" was expected\n"
     "14: error: an item of \"names\" is a number; a string was expected\n"
     "16: error: \"a-b\" is no syscall name; it may have letters, digits and '_' only\n"
     "22: error: \"a b\" is no syscall name; it may have letters, digits and '_' only\n"
     "28: error: \"a?\" is no syscall name; it may have letters, digits and '_' only\n"
     "34: error: \"open*\" is no syscall name; it may have letters, digits and '_' only\n"},
    {"{'name':'','action':'SCMP_ACT_TRAP'}",
     "1: error: a rule has no \"names\"; at least one syscall name was expected\n"},
    {"{'names':[],'name':'','action':'SCMP_ACT_TRAP'}",
     "10: error: \"names\" is empty; at least one syscall name was expected\n"},
    /* Keys. */
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','arg':[]}",
     "41: error: a rule has no key \"arg\"; did you mean \"args\"?\n"},
    {"{'names':['a'],'acton':'SCMP_ACT_TRAP'}",
     "16: error: a rule has no key \"acton\"; did you mean \"action\"?\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','Args':[]}",
     "41: error: key \"Args\" differs from \"args\" in case only: Docker, Podman and runc take it "
     "in "
     "any case, crun does not; write \"args\"\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','priority':1,'x-a':1}",
     "41: error: a rule has no key \"priority\"; its keys are names, name, action, errnoRet, "
     "errno, "
     "args, comment, includes, excludes\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','comment':1}",
     "51: error: \"comment\" is a number; a string was expected\n"},
    /* Action and errno. */
    {"{'names':['a']}", "1: error: a rule has no \"action\"\n"},
    {"{'names':['a'],'action':null}", "1: error: a rule has no \"action\"\n"},
    {"{'names':['a'],'action':7}", "25: error: \"action\" is a number; a string was expected\n"},
    {"{'names':['a'],'action':'SCMP_ACT_ERNO'}",
     "25: error: unknown action \"SCMP_ACT_ERNO\"; did you mean \"SCMP_ACT_ERRNO\"?\n"},
    {"{'names':['a'],'action':'SCMP_ACT_ALLOW','errnoRet':1}",
     "53: error: \"errnoRet\" stands beside SCMP_ACT_ALLOW, which returns no errno; remove it, or "
     "use SCMP_ACT_ERRNO or SCMP_ACT_TRACE\n"},
    {"{'errno':'EPERM','names':['a'],'action':'SCMP_ACT_NOTIFY'}",
     "10: error: \"errno\" stands beside SCMP_ACT_NOTIFY, which returns no errno; remove it, or "
     "use SCMP_ACT_ERRNO or SCMP_ACT_TRACE\n"
     "1: warning: SCMP_ACT_NOTIFY without \"listenerPath\": who installs the filter has to serve "
     "its listener, and a runtime refuses the profile\n"},
    {"{'names':['a'],'action':'SCMP_ACT_ERRNO','errnoRet':4096}",
     "53: error: \"errnoRet\" is 4096, which is too large; a whole number from 0 to 4095 was "
     "expected, in decimal digits\n"},
    {"{'names':['a'],'action':'SCMP_ACT_ERRNO','errnoRet':'EPERM'}",
     "53: error: \"errnoRet\" is a string; a number was expected; for a name, use the key "
     "\"errno\"\n"},
    {"{'names':['a'],'action':'SCMP_ACT_ERRNO','errno':1}",
     "50: error: \"errno\" is a number; a string was expected; for a number, use the key "
     "\"errnoRet\"\n"},
    {"{'names':['a'],'action':'SCMP_ACT_ERRNO','errno':'eperm'}",
     "50: error: unknown errno \"eperm\"; did you mean \"EPERM\"?\n"},
    /* Conditions. */
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','includes':{'cap':[]}}",
     "53: error: \"includes\" has no key \"cap\"; did you mean \"caps\"?\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','excludes':{'kernel':'4.8'}}",
     "53: error: \"excludes\" has no key \"kernel\"; did you mean \"minKernel\"?\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','includes':[]}",
     "52: error: \"includes\" is an array; an object was expected\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','includes':{'caps':['CAP_SYS_ADMN','SYS_ADMIN',1,"
     "'root']}}",
     "61: error: unknown capability \"CAP_SYS_ADMN\"; did you mean \"CAP_SYS_ADMIN\"?\n"
     "76: error: unknown capability \"SYS_ADMIN\"; did you mean \"CAP_SYS_ADMIN\"?\n"
     "88: error: an item of \"caps\" is a number; a string was expected\n"
     "90: error: unknown capability \"root\"; a name such as \"CAP_SYS_ADMIN\" was expected\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','excludes':{'arches':['amd46','SCMP_ARCH_X86_64',"
     "'SCMP_ARCH_X32','pdp11',[]]}}",
     "63: error: unknown architecture \"amd46\"; did you mean \"amd64\"?\n"
     "71: error: unknown architecture \"SCMP_ARCH_X86_64\"; did you mean \"amd64\"? Docker and "
     "Podman would find no other name here\n"
     "90: error: unknown architecture \"SCMP_ARCH_X32\"; did you mean \"x32\"? Docker and Podman "
     "would find no other name here\n"
     "106: error: unknown architecture \"pdp11\"; Go's name for one, such as \"amd64\", was "
     "expected\n"
     "114: error: an item of \"arches\" is an array; a string was expected\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','includes':{'arches':['x86_64','aarch64',"
     "'AMD64','i686']}}",
     "63: error: unknown architecture \"x86_64\"; did you mean \"amd64\"? Docker and Podman would "
     "find no other name here\n"
     "72: error: unknown architecture \"aarch64\"; did you mean \"arm64\"? Docker and Podman would "
     "find no other name here\n"
     "82: error: unknown architecture \"AMD64\"; did you mean \"amd64\"? Docker and Podman would "
     "find no other name here\n"
     "90: error: unknown architecture \"i686\"; did you mean \"386\"? Docker and Podman would find "
     "no other name here\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','includes':{'minKernel':'4.8.1'}}",
     "65: error: \"minKernel\" is \"4.8.1\"; a version such as \"4.8\" was expected\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','includes':{'minKernel':'4'}}",
     "65: error: \"minKernel\" is \"4\"; a version such as \"4.8\" was expected\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','includes':{'minKernel':'4.8-rc1'}}",
     "65: error: \"minKernel\" is \"4.8-rc1\"; a version such as \"4.8\" was expected\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','includes':{'minKernel':'0.0'}}",
     "65: error: \"minKernel\" is \"0.0\"; a version such as \"4.8\" was expected\n"},
    {"{'names':['a'],'action':'SCMP_ACT_TRAP','includes':{'minKernel':4.8}}",
     "65: error: \"minKernel\" is a number; a string was expected\n"},
};

START_TEST(single_rules)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;
    const char *text = arena_printf(&arena, "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[\n%s]}",
                                    rules[_i].json);
    const char *expected = "";
    char *lines = arena_strndup(&arena, rules[_i].diags, strlen(rules[_i].diags));

    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n"))
        expected = arena_printf(&arena, "%sf:2:%s\n", expected, line);
    ck_assert_str_eq(profile_diags(&arena, &p, profile_json(&arena, text)), expected);
}
END_TEST

/* One item of "args" (' stands for "), alone on line 2; the lines that it gives, without "f:2:". */
static const struct {
    const char *json;
    const char *diags;
} tests[] = {
    {"1", "1: error: an item of \"args\" is a number; an object was expected\n"},
    {"{}", "1: error: an argument test has no \"index\"\n"},
    {"{'index':0,'value':1}", "1: error: an argument test has no \"op\"\n"},
    {"{'index':0,'op':'SCMP_CMP_EQ'}", "1: error: an argument test has no \"value\"\n"},
    {"{'index':0,'value':1,'op':'SCMP_CMP_EQ','value2':0}",
     "41: error: an argument test has no key \"value2\"; did you mean \"value\"?\n"},
    {"{'index':6,'value':1,'op':'SCMP_CMP_EQ'}",
     "10: error: \"index\" is 6, which is too large; a whole number from 0 to 5 was expected, in "
     "decimal digits\n"},
    {"{'index':18446744073709551616,'value':1,'op':'SCMP_CMP_EQ'}",
     "10: error: \"index\" is 18446744073709551616, which is too large; a whole number from 0 to 5 "
     "was expected, in decimal digits\n"},
    {"{'index':-1,'value':1,'op':'SCMP_CMP_EQ'}",
     "10: error: \"index\" is -1, which is negative; a whole number from 0 to 5 was expected, in "
     "decimal digits\n"},
    {"{'index':'0','value':1,'op':'SCMP_CMP_EQ'}",
     "10: error: \"index\" is a string; a number was expected\n"},
    {"{'index':0,'value':18446744073709551616,'op':'SCMP_CMP_EQ'}",
     "20: error: \"value\" is 18446744073709551616, which is too large; a whole number from 0 to "
     "18446744073709551615 was expected, in decimal digits\n"},
    {"{'index':0,'value':184467440737095516150,'op':'SCMP_CMP_EQ'}",
     "20: error: \"value\" is 184467440737095516150, which is too large; a whole number from 0 to "
     "18446744073709551615 was expected, in decimal digits\n"},
    {"{'index':0,'value':-1,'op':'SCMP_CMP_EQ'}",
     "20: error: \"value\" is -1, which is negative; a whole number from 0 to "
     "18446744073709551615 was expected, in decimal digits\n"},
    {"{'index':0,'value':-0,'op':'SCMP_CMP_EQ'}",
     "20: error: \"value\" is -0, which is negative; a whole number from 0 to "
     "18446744073709551615 was expected, in decimal digits\n"},
    {"{'index':0,'value':1.0,'op':'SCMP_CMP_EQ'}",
     "20: error: \"value\" is 1.0, which has a fraction; a whole number from 0 to "
     "18446744073709551615 was expected, in decimal digits\n"},
    {"{'index':0,'value':1e3,'op':'SCMP_CMP_EQ'}",
     "20: error: \"value\" is 1e3, which has an exponent; a whole number from 0 to "
     "18446744073709551615 was expected, in decimal digits\n"},
    {"{'index':0,'value':1.5E3,'op':'SCMP_CMP_EQ'}",
     "20: error: \"value\" is 1.5E3, which has an exponent; a whole number from 0 to "
     "18446744073709551615 was expected, in decimal digits\n"},
    {"{'index':0,'value':1,'valueTwo':-5,'op':'SCMP_CMP_MASKED_EQ'}",
     "33: error: \"valueTwo\" is -5, which is negative; a whole number from 0 to "
     "18446744073709551615 was expected, in decimal digits\n"},
    {"{'index':0,'value':1,'op':'SCMP_CMP_EQUAL'}",
     "27: error: unknown operator \"SCMP_CMP_EQUAL\"; did you mean \"SCMP_CMP_EQ\"?\n"},
    {"{'index':0,'value':1,'op':'SCMP_CMP_SOMEHOW'}",
     "27: error: unknown operator \"SCMP_CMP_SOMEHOW\"; one of SCMP_CMP_NE, SCMP_CMP_LT, "
     "SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ was expected\n"},
    {"{'index':0,'value':1,'op':'SCMP_CMP_MASK_EQ'}",
     "27: error: unknown operator \"SCMP_CMP_MASK_EQ\"; did you mean \"SCMP_CMP_MASKED_EQ\"?\n"},
    {"{'index':0,'value':1,'op':'=='}",
     "27: error: unknown operator \"==\"; did you mean \"SCMP_CMP_EQ\"?\n"},
    {"{'index':0,'value':1,'op':'<='}",
     "27: error: unknown operator \"<=\"; did you mean \"SCMP_CMP_LE\"?\n"},
    {"{'index':0,'value':1,'op':'notEqualTo'}",
     "27: error: unknown operator \"notEqualTo\"; did you mean \"SCMP_CMP_NE\"?\n"},
    {"{'index':9,'value':-1,'op':'EQ'}",
     "10: error: \"index\" is 9, which is too large; a whole number from 0 to 5 was expected, in "
     "decimal digits\n"
     "20: error: \"value\" is -1, which is negative; a whole number from 0 to "
     "18446744073709551615 was expected, in decimal digits\n"
     "28: error: unknown operator \"EQ\"; did you mean \"SCMP_CMP_EQ\"?\n"},
    /* An item with an error leaves nothing behind for the next one. */
    {"{'index':9,'value':7,'valueTwo':7,'op':'SCMP_CMP_EQ'},"
     "{'index':0,'value':0,'op':'SCMP_CMP_EQ'}",
     "10: error: \"index\" is 9, which is too large; a whole number from 0 to 5 was expected, in "
     "decimal digits\n"},
    /* Warnings. */
    {"{'index':0,'value':1,'valueTwo':0,'op':'SCMP_CMP_EQ'}", ""},
    {"{'index':0,'value':1,'valueTwo':null,'op':'SCMP_CMP_EQ'}", ""},
    {"{'index':0,'value':1,'valueTwo':2,'op':'SCMP_CMP_EQ'}",
     "33: warning: \"valueTwo\" has no meaning for SCMP_CMP_EQ and is ignored; it belongs to "
     "SCMP_CMP_MASKED_EQ\n"},
    {"{'index':0,'value':1,'op':'SCMP_CMP_MASKED_EQ'}", ""},
    {"{'index':0,'value':6,'valueTwo':2,'op':'SCMP_CMP_MASKED_EQ'}", ""},
    {"{'index':0,'value':6,'valueTwo':11,'op':'SCMP_CMP_MASKED_EQ'}",
     "1: warning: \"valueTwo\" has bits (0x9) that the mask in \"value\" lacks; they do not count, "
     "and so the test is for 0x2\n"},
    {"{'index':0,'value':0,'op':'SCMP_CMP_LT'}",
     "1: warning: this test never holds: no argument is less than 0\n"},
    {"{'index':0,'value':18446744073709551615,'op':'SCMP_CMP_GT'}",
     "1: warning: this test never holds: no argument is greater than 18446744073709551615\n"},
    {"{'index':0,'value':18446744073709551614,'op':'SCMP_CMP_GT'}", ""},
};

START_TEST(single_tests)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;
    const char *text = arena_printf(&arena,
                                    "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['a'],"
                                    "'action':'SCMP_ACT_TRAP','args':[\n%s]}]}",
                                    tests[_i].json);
    const char *expected = "";
    char *lines = arena_strndup(&arena, tests[_i].diags, strlen(tests[_i].diags));

    for (char *line = strtok(lines, "\n"); line; line = strtok(NULL, "\n"))
        expected = arena_printf(&arena, "%sf:2:%s\n", expected, line);
    ck_assert_str_eq(profile_diags(&arena, &p, profile_json(&arena, text)), expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profile-errors");
    TCase *tc = tcase_create("profile-errors");

    tcase_add_loop_test(tc, whole_profiles, 0, ARRAY_SIZE(whole));
    tcase_add_loop_test(tc, single_rules, 0, ARRAY_SIZE(rules));
    tcase_add_loop_test(tc, single_tests, 0, ARRAY_SIZE(tests));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
