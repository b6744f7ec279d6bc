/**
 * JupyterLab's registries for this window: editor languages and extensions, renderers, the notebook's factories.
 *
 * Built once. Whatever a first screen does not need (MathJax, languages, the markdown parser) is loaded when the first
 * cell asks for it.
 */
import { LanguageSupport, StreamLanguage } from '@codemirror/language';
import {
  CodeMirrorEditorFactory,
  CodeMirrorMimeTypeService,
  EditorExtensionRegistry,
  EditorLanguageRegistry,
  EditorThemeRegistry,
  parseMathIPython,
  pythonBuiltin,
  ybinding,
} from '@jupyterlab/codemirror';
import { createMarkdownParser } from '@jupyterlab/markedparser-extension';
import {
  type INotebookCellExecutor,
  NotebookWidgetFactory,
  setCellExecutor,
  StaticNotebook,
} from '@jupyterlab/notebook';
import { RenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { IYText } from '@jupyter/ydoc';
import type { FrameHost } from '../outputs/output-frame.ts';
import { outputRenderers } from '../outputs/renderers.ts';
import type { WidgetSource } from '../outputs/widgets/widgets.ts';
import { installStreamOutputs } from '../outputs/stream-model.ts';
import { CellFactory } from './cell-factory.ts';

function languageRegistry(): EditorLanguageRegistry {
  const languages = new EditorLanguageRegistry();
  const find = (info: string) => languages.findBest(info);
  for (const language of EditorLanguageRegistry.getDefaultLanguages(null, find)) {
    languages.addLanguage(language);
  }
  // Markdown as notebooks write it: GitHub's, with TeX between dollar signs and code blocks in their own languages.
  languages.addLanguage({
    name: 'ipythongfm',
    mime: 'text/x-ipythongfm',
    load: async () => {
      const [markdown, python, tex] = await Promise.all([
        import('@codemirror/lang-markdown'),
        import('@codemirror/lang-python'),
        import('@codemirror/legacy-modes/mode/stex'),
      ]);
      const gfm = markdown.markdown({
        base: markdown.markdownLanguage,
        extensions: [parseMathIPython(StreamLanguage.define(tex.stexMath).parser)],
      });
      return new LanguageSupport(gfm.language, [gfm.support, pythonBuiltin(python.pythonLanguage)]);
    },
  });
  return languages;
}

/** Whether a cell's shared model offers its text as a shared type. All of ours do. */
function hasSharedText(model: object): model is IYText {
  return 'ysource' in model && 'undoManager' in model;
}

function extensionRegistry(): EditorExtensionRegistry {
  const themes = new EditorThemeRegistry();
  for (const theme of EditorThemeRegistry.getDefaultThemes()) {
    themes.addTheme(theme);
  }
  const extensions = new EditorExtensionRegistry();
  for (const extension of EditorExtensionRegistry.getDefaultExtensions({ themes })) {
    extensions.addExtension(extension);
  }
  extensions.addExtension({
    name: 'shared-model-binding',
    factory: (options) => {
      const shared = options.model.sharedModel;
      return hasSharedText(shared)
        ? EditorExtensionRegistry.createImmutableExtension(
            ybinding({ ytext: shared.ysource, ...(shared.undoManager ? { undoManager: shared.undoManager } : {}) }),
          )
        : null;
    },
  });
  extensions.baseConfiguration = { autoClosingBrackets: true };
  return extensions;
}

/** Loads MathJax when the first formula is on the screen. */
function lazyTypesetter(): IRenderMime.ILatexTypesetter {
  let loaded: Promise<IRenderMime.ILatexTypesetter> | null = null;
  return {
    typeset: (element) => {
      if (!/[$\\]/.test(element.textContent ?? '')) {
        return;
      }
      loaded ??= import('@jupyterlab/mathjax-extension').then((module) => new module.MathJaxTypesetter());
      void loaded.then((typesetter) => typesetter.typeset(element));
    },
  };
}

/** What draws a notebook, whoever puts it into a window: the live notebook and the player draw with the same. */
export interface NotebookParts {
  readonly rendermime: RenderMimeRegistry;
  readonly editorFactory: CodeMirrorEditorFactory['newInlineEditor'];
  readonly mimeTypeService: CodeMirrorMimeTypeService;
}

export function createNotebookParts(
  linkHandler: IRenderMime.ILinkHandler,
  host: FrameHost,
  widgets: WidgetSource,
  resolver?: RenderMimeRegistry.IUrlResolver,
): NotebookParts {
  installStreamOutputs();
  const languages = languageRegistry();
  const editors = new CodeMirrorEditorFactory({ extensions: extensionRegistry(), languages });
  return {
    rendermime: new RenderMimeRegistry({
      initialFactories: outputRenderers(host, widgets),
      linkHandler,
      latexTypesetter: lazyTypesetter(),
      markdownParser: createMarkdownParser(languages),
      ...(resolver === undefined ? {} : { resolver }),
    }),
    editorFactory: editors.newInlineEditor,
    mimeTypeService: new CodeMirrorMimeTypeService(languages),
  };
}

export function createWidgetFactory(
  linkHandler: IRenderMime.ILinkHandler,
  host: FrameHost,
  widgets: WidgetSource,
  executor: INotebookCellExecutor,
): NotebookWidgetFactory {
  setCellExecutor(executor);
  const { rendermime, editorFactory, mimeTypeService } = createNotebookParts(linkHandler, host, widgets);
  return new NotebookWidgetFactory({
    name: 'Notebook',
    modelName: 'notebook',
    fileTypes: ['notebook'],
    defaultFor: ['notebook'],
    preferKernel: true,
    canStartKernel: true,
    rendermime,
    contentFactory: new CellFactory({ editorFactory }),
    mimeTypeService,
    editorConfig: StaticNotebook.defaultEditorConfig,
    // 'full' puts only the cells on the screen into the page: 500 cells in 0.6 s instead of 7.6 s.
    notebookConfig: {
      ...StaticNotebook.defaultNotebookConfig,
      windowingMode: 'full',
      scrollPastEnd: true,
      showInputPlaceholder: false,
    },
    toolbarFactory: () => [],
  });
}
