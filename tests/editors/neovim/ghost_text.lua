-- Neovim by itself, without any plugin: ghost text while typing, taken; an explanation and the hover that shows it; the
-- edit of a code action, and undo.
--
-- Keys are real input, sent while the main loop runs; every wait looks again until its limit. The last line on standard
-- output is a JSON object of what was seen.
local LIMIT_MS = 30000
local LOOK_EVERY_MS = 20
local TYPE_AGAIN_AFTER = 400 -- looks: longer than ghost text may take, which stays away where the machine is too busy

local python, file = os.getenv('AURELIS_TEST_PYTHON'), os.getenv('AURELIS_TEST_FILE')
local seen = {}

local function finish(failure)
  seen.failure = failure
  io.stdout:write(vim.json.encode(seen) .. '\n')
  vim.cmd('qa!')
end

local function eventually(what, look, continue)
  local left = LIMIT_MS / LOOK_EVERY_MS
  local function again()
    local ok, found = pcall(look)
    if not ok then return finish(what .. ': ' .. tostring(found)) end
    if found then return continue(found) end
    left = left - 1
    if left <= 0 then return finish('waited in vain for ' .. what) end
    vim.defer_fn(again, LOOK_EVERY_MS)
  end
  again()
end

vim.lsp.config('aurelis', { cmd = { python, '-P', '-m', 'aurelis', 'serve' }, filetypes = { 'python' }, root_dir = vim.fs.dirname(file) })
vim.lsp.enable('aurelis')
vim.lsp.inline_completion.enable(true)
vim.cmd('filetype on')
vim.cmd.edit(vim.fn.fnameescape(file))
local buffer = vim.api.nvim_get_current_buf()

local function lines() return vim.api.nvim_buf_get_lines(buffer, 0, -1, false) end

local function ghost()
  for name, namespace in pairs(vim.api.nvim_get_namespaces()) do
    if name:match('inline_completion') then
      for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buffer, namespace, 0, -1, { details = true })) do
        local parts = mark[4].virt_text or (mark[4].virt_lines or {})[1] or {}
        local text = ''
        for _, part in ipairs(parts) do text = text .. part[1] end
        if text ~= '' then return text end
      end
    end
  end
end

-- Neovim asks once for what was typed: an answer that came too late leaves nothing until the next key.
local function ghost_of_a_key()
  local looks = 0
  return function()
    looks = looks + 1
    if looks % TYPE_AGAIN_AFTER == 0 then vim.api.nvim_input('<BS>s') end
    return ghost()
  end
end

local function documented_lines()
  return vim.iter(lines()):filter(function(line) return line:match('^    """') ~= nil end):totable()
end

local function taken_back(before)
  vim.cmd('silent undo')
  seen.undone_at_once = vim.deep_equal(lines(), before)
  finish()
end

local function code_action()
  local before = lines()
  vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.title:match('^Document') ~= nil end })
  eventually('the edit of a code action', function() return #documented_lines() > 0 and lines() end, function()
    seen.documented = documented_lines()
    taken_back(before)
  end)
end

local function float_text()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
    end
  end
end

local function hover()
  vim.lsp.buf.hover()
  eventually('a hover', float_text, function(text)
    seen.hover = text
    vim.cmd('silent! fclose!')
    code_action()
  end)
end

local function explain()
  local client = vim.lsp.get_clients({ bufnr = buffer })[1]
  local params = { command = 'aurelis.explain', arguments = { { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = { line = 7, character = 6 } } } }
  vim.api.nvim_win_set_cursor(0, { 8, 6 })
  client:request('workspace/executeCommand', params, function(failure, result)
    if failure then return finish('explain: ' .. vim.inspect(failure)) end
    seen.explained = result.text
    hover()
  end, buffer)
end

local function accepted()
  vim.lsp.inline_completion.get()
  eventually('the accepted text', function() return lines()[#lines()]:match('raise SettingsError') and lines() end, function(found)
    seen.accepted = { found[#found - 1], found[#found] }
    vim.api.nvim_input('<Esc>')
    eventually('normal mode', function() return vim.api.nvim_get_mode().mode == 'n' end, explain)
  end)
end

eventually('the server', function()
  local client = vim.lsp.get_clients({ bufnr = buffer })[1]
  return client and client.initialized and client:supports_method('textDocument/inlineCompletion')
end, function()
  vim.api.nvim_input('Goif not text.is')
  eventually('ghost text', ghost_of_a_key(), function(text)
    seen.ghost = text
    accepted()
  end)
end)
